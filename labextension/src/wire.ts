/** Every message between the sidebar and control. Written by tools/generate.py from control's OpenAPI. */

/** What makes a sum grow: a rate, from when on; before, a start's minimum is already in the sum. */
export interface IAccrual {
  from_at: number;
  micros_per_hour: number;
}

/** What one client may take of a model; None: as much as there is. */
export interface IAllowance {
  at_once?: number | null;
  per_second?: number | null;
}

/** One stretch of an instance's life: from when to when it was in a phase. */
export interface IBand {
  role: Role;
  instance_id: string;
  phase: Phase;
  market: Market;
  from_at: number;
  to_at: number | null;
}

/** A budget and how much of it is used; ``state`` is ok, near (80 %), degraded (cooling is off) or stopped. */
export interface IBudgetView {
  per_day_micros: number | null;
  stop_micros: number | null;
  today_micros: number;
  spent_micros: number;
  state: string;
  until: number | null;
  notify: string;
}

/** Change who may call. Checked whole before anything changes. */
export interface IClientsUpdate {
  add?: string[];
  remove?: string[];
  be_public?: boolean;
}

/** Who may call, in clear: only the owner sees this. */
export interface IClientsView {
  client_ids: string[];
  urls: string[];
  public: boolean;
}

/** Switch a job's cooling instance off for good, or on again. */
export interface ICoolingSwitch {
  off: boolean;
}

/** A job's money and the intervals it comes from. */
export interface ICostView {
  job_id: string;
  model_name: string;
  money: IMoneyView;
  intervals: IInterval[];
}

/** Start a job. The client makes ``job_id``, so that a retry is the same job. */
export interface IDeployRequest {
  job_id: string;
  model_name: string;
  spec: IVersionSpec;
  client_ids?: string[];
  wait_request_s?: number;
  limits?: ILimits | null;
  terms?: ITerms | null;
}

/** Break one instance of a job on purpose, as it would break by itself. */
export interface IDrillRequest {
  kind: string;
  notice_s?: number;
}

/** What a drill did to which instance, and when (of a spot drill: when it will be taken back). */
export interface IDrillView {
  instance_id: string;
  kind: string;
  at: number;
}

/** An error: its code, what happened, what to do about it. What is empty is left out. */
export interface IErrorBody {
  code: string;
  message: string;
  fix?: string;
  details?: string;
  sample?: unknown;
}

/** One thing that happened to a job. */
export interface IEventView {
  seq: number;
  at: number;
  instance_id: string;
  kind: string;
  text: string;
}

/** The reference's instance statuses; REQUESTING has none, for there is no instance yet. */
export type InstanceStatus =
  '' | 'CLOSED' | 'CLOSING' | 'COOLING' | 'EXECUTING' | 'LAUNCHING';

/** What people see of an instance. */
export interface IInstanceView {
  instance_id: string;
  role: Role;
  machine: string;
  market: Market;
  on: string;
  version: number;
  phase: Phase;
  status: InstanceStatus;
  substatus: string;
  phase_at: number;
  launched_at: number;
  progress: IProgress;
  why: string;
  in_flight: number;
  memory_mib: number;
  load_s: number | null;
  slots: ISlotHealth[];
}

/** One line of a bill: an instance ran on a machine, from when to when, in integer milliseconds. */
export interface IInterval {
  instance_id: string;
  role: Role;
  machine: string;
  market: Market;
  kind: string;
  opened_ms: number;
  closed_ms: number | null;
  micros_per_hour: number | null;
  on_demand_micros_per_hour: number;
}

/** The reference's job statuses. */
export type JobStatus = 'CANCELED' | 'COMPLETED' | 'DEPLOYED' | 'QUEUING';

/** The reference's job substatuses, in its words. */
export type JobSubstatus =
  | 'CANCELED'
  | 'COMPLETED'
  | 'CONNECTING SERVER'
  | 'DEPLOYED MODEL'
  | 'DEPLOYING MODEL'
  | 'GEARING UP ENV'
  | 'REQUESTING SERVER';

/** What people see of a job. ``url`` masks the client id; the clients call gives it in clear. */
export interface IJobView {
  job_id: string;
  model_name: string;
  username: string;
  description: string;
  status: JobStatus;
  substatus: JobSubstatus;
  outcome: Outcome | null;
  reason: string;
  url: string;
  public: boolean;
  clients: number;
  created_at: number;
  deployed_at: number | null;
  ended_at: number | null;
  versions: IVersionView[];
  instances: IInstanceView[];
  money: IMoneyView;
  traffic: ITrafficView;
  warnings: string[];
  rev: number;
  budget: IBudgetView | null;
  cooling_off: boolean;
  wakes: IWakeView[];
}

/** What a job, or all jobs together, may cost and for how long; None: no limit. */
export interface ILimits {
  budget_per_day_micros?: number | null;
  budget_stop_micros?: number | null;
  until?: number | null;
  notify?: string;
}

/** The last lines of a job's instances, oldest first, each with its instance id in front. */
export interface ILogsView {
  job_id: string;
  lines: string[];
  cursor: string;
}

/** The machines of a job, as types; both start on demand and move to spot when it is offered. */
export interface IMachineConfig {
  standby: string;
  cooling: string | null;
}

/** One line of the catalogue. */
export interface IMachineView {
  machine_id: string;
  vcpus: number;
  memory_mib: number;
  gpu: string;
  micros_per_hour: number | null;
  availability: string;
  region: string;
  source: string;
  as_of: string;
}

/** How a machine is bought. */
export type Market = 'od' | 'spot';

/** What was spent and what else it could have cost; a client counts on between polls with ``accrued_micros``. */
export interface IMoneyView {
  simulated: boolean;
  spent_micros: number;
  micros_per_hour: number;
  all_on_demand_micros: number;
  always_on_micros: number;
  as_of: number;
  unknown: boolean;
  today_micros: number;
  accruals: IAccrual[];
  minimum_s: number;
  comparable_from: number | null;
}

/** How a job ended. */
export type Outcome = 'CANCELED' | 'COMPLETED';

/** Where an instance is in its life; stored, and changed through one door only. */
export type Phase =
  | 'CONNECTING'
  | 'DEPLOYING'
  | 'GEARING_UP'
  | 'REQUESTING'
  | 'SERVING'
  | 'STOPPED'
  | 'STOPPING'
  | 'TERMINATED'
  | 'TERMINATING';

/** What was spent until a moment. */
export interface IPoint {
  at: number;
  micros: number;
}

/** How far a launching instance is; ``done`` of ``total`` in ``unit`` (bytes, packages), total 0: unknown. */
export interface IProgress {
  text: string;
  done: number;
  total: number;
  unit: string;
}

/** The answer to a refused call: ``{"error": {"code", "message", …}, "request_id"}``. */
export interface IRefusal {
  error: IErrorBody;
  request_id?: string;
}

/** Which of a job's two machines an instance is. */
export type Role = 'cooling' | 'standby';

/** One of the processes that an instance's model runs in. */
export interface ISlotHealth {
  number: number;
  memory_mib: number;
  cpu: number;
}

/** Everything the panel polls for. Its ETag is the revision with what is warned of, for a minute. */
export interface IStatusView {
  version: string;
  protocol: number;
  python: string;
  username: string;
  gateway_url: string;
  reach: string;
  rev: number;
  as_of: number;
  parked: boolean;
  jobs: IJobView[];
  budget: IBudgetView | null;
  parents: number;
  unknown: IUnknownView[];
  warnings: string[];
}

/** What callers of a job may take of it. Only the owner sees this: client ids are in clear. */
export interface ITerms {
  max_wait_s?: number;
  allowance?: IAllowance;
  own?: Record<string, IAllowance>;
  origins?: string[];
}

/** Change what callers may take. None: that stays as it is. */
export interface ITermsUpdate {
  max_wait_s?: number | null;
  at_once?: number | null;
  per_second?: number | null;
  client?: string;
  origins?: string[] | null;
  clear?: boolean;
}

/** The requests of one minute. */
export interface ITick {
  at: number;
  count: number;
}

/** A stretch of a job's life, to be drawn: its instances, its requests, its money. */
export interface ITimelineView {
  from_at: number;
  to_at: number;
  bands: IBand[];
  requests: ITick[];
  money: IPoint[];
}

/** What the gateways counted since they started. */
export interface ITrafficView {
  requests: number;
  errors: number;
  per_minute: number;
  p50_ms: number | null;
  p99_ms: number | null;
  last_request_at: number | null;
  history: number[];
}

/** An instance that is there and that the database does not know: it is never ended unasked. */
export interface IUnknownView {
  instance_id: string;
  on: string;
  state: string;
  since: number | null;
  model_name: string;
  job_id: string;
  mine: boolean;
}

/** Bring up a new version of an active job beside the old one, and then instead of it. */
export interface IVersionRequest {
  version_id: string;
  spec: IVersionSpec;
  limits?: ILimits | null;
  terms?: ITermsUpdate | null;
}

/** One version of a model: what runs, where, and within which limits. */
export interface IVersionSpec {
  bundle: string;
  lock: string;
  python: string;
  machines: IMachineConfig;
  cool_down_period_s: number;
  request_limit_s: number;
  on: string;
  enforce: boolean;
  isolate: boolean;
  slots: number;
  description: string;
  note: Record<string, string>;
  secrets: string;
  about: string;
}

/** One version of a job; state is coming, live, failed or retired. The lock in ``spec`` is left out: it is long. */
export interface IVersionView {
  version: number;
  version_id: string;
  state: string;
  created_at: number;
  reason: string;
  spec: IVersionSpec;
}

/** One coming up of an instance, in parts; a part is None while it is not over. */
export interface IWakeView {
  instance_id: string;
  role: Role;
  at: number;
  why: string;
  state: string;
  provision_s: number | null;
  environment_s: number | null;
  load_s: number | null;
  answer_s: number | null;
  total_s: number | null;
}

/** What comes back, by its name. */
export interface IKinds {
  Accrual: IAccrual;
  Band: IBand;
  BudgetView: IBudgetView;
  ClientsView: IClientsView;
  CostView: ICostView;
  DrillView: IDrillView;
  ErrorBody: IErrorBody;
  EventView: IEventView;
  InstanceView: IInstanceView;
  Interval: IInterval;
  JobView: IJobView;
  LogsView: ILogsView;
  MachineConfig: IMachineConfig;
  MachineView: IMachineView;
  MoneyView: IMoneyView;
  Point: IPoint;
  Progress: IProgress;
  Refusal: IRefusal;
  SlotHealth: ISlotHealth;
  StatusView: IStatusView;
  Tick: ITick;
  TimelineView: ITimelineView;
  TrafficView: ITrafficView;
  UnknownView: IUnknownView;
  VersionSpec: IVersionSpec;
  VersionView: IVersionView;
  WakeView: IWakeView;
}
