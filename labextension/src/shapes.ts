/** What wire.ts says, for the reader at the door. Written by tools/generate.py from control's OpenAPI. */

/** The fields of what comes back. */
export const SHAPES: Record<string, Record<string, string>> = {
  Accrual: {
    from_at: 'number',
    micros_per_hour: 'number'
  },
  Band: {
    role: 'Role',
    instance_id: 'string',
    phase: 'Phase',
    market: 'Market',
    from_at: 'number',
    to_at: 'number|null'
  },
  BudgetView: {
    per_day_micros: 'number|null',
    stop_micros: 'number|null',
    today_micros: 'number',
    spent_micros: 'number',
    state: 'string',
    until: 'number|null',
    notify: 'string'
  },
  ClientsView: {
    client_ids: 'string[]',
    urls: 'string[]',
    public: 'boolean'
  },
  CostView: {
    job_id: 'string',
    model_name: 'string',
    money: 'MoneyView',
    intervals: 'Interval[]'
  },
  DrillView: {
    instance_id: 'string',
    kind: 'string',
    at: 'number'
  },
  ErrorBody: {
    code: 'string',
    message: 'string',
    fix: 'string|undefined',
    details: 'string|undefined',
    sample: 'unknown|undefined'
  },
  EventView: {
    seq: 'number',
    at: 'number',
    instance_id: 'string',
    kind: 'string',
    text: 'string'
  },
  InstanceView: {
    instance_id: 'string',
    role: 'Role',
    machine: 'string',
    market: 'Market',
    on: 'string',
    version: 'number',
    phase: 'Phase',
    status: 'InstanceStatus',
    substatus: 'string',
    phase_at: 'number',
    launched_at: 'number',
    progress: 'Progress',
    why: 'string',
    in_flight: 'number',
    memory_mib: 'number',
    load_s: 'number|null',
    slots: 'SlotHealth[]'
  },
  Interval: {
    instance_id: 'string',
    role: 'Role',
    machine: 'string',
    market: 'Market',
    kind: 'string',
    opened_ms: 'number',
    closed_ms: 'number|null',
    micros_per_hour: 'number|null',
    on_demand_micros_per_hour: 'number'
  },
  JobView: {
    job_id: 'string',
    model_name: 'string',
    username: 'string',
    description: 'string',
    status: 'JobStatus',
    substatus: 'JobSubstatus',
    outcome: 'Outcome|null',
    reason: 'string',
    url: 'string',
    public: 'boolean',
    clients: 'number',
    created_at: 'number',
    deployed_at: 'number|null',
    ended_at: 'number|null',
    versions: 'VersionView[]',
    instances: 'InstanceView[]',
    money: 'MoneyView',
    traffic: 'TrafficView',
    warnings: 'string[]',
    rev: 'number',
    budget: 'BudgetView|null',
    cooling_off: 'boolean',
    wakes: 'WakeView[]'
  },
  LogsView: {
    job_id: 'string',
    lines: 'string[]',
    cursor: 'string'
  },
  MachineConfig: {
    standby: 'string',
    cooling: 'string|null'
  },
  MachineView: {
    machine_id: 'string',
    vcpus: 'number',
    memory_mib: 'number',
    gpu: 'string',
    micros_per_hour: 'number|null',
    availability: 'string',
    region: 'string',
    source: 'string',
    as_of: 'string'
  },
  MoneyView: {
    simulated: 'boolean',
    spent_micros: 'number',
    micros_per_hour: 'number',
    all_on_demand_micros: 'number',
    always_on_micros: 'number',
    as_of: 'number',
    unknown: 'boolean',
    today_micros: 'number',
    accruals: 'Accrual[]',
    minimum_s: 'number',
    comparable_from: 'number|null'
  },
  Point: {
    at: 'number',
    micros: 'number'
  },
  Progress: {
    text: 'string',
    done: 'number',
    total: 'number',
    unit: 'string'
  },
  Refusal: {
    error: 'ErrorBody',
    request_id: 'string|undefined'
  },
  SlotHealth: {
    number: 'number',
    memory_mib: 'number',
    cpu: 'number'
  },
  StatusView: {
    version: 'string',
    protocol: 'number',
    python: 'string',
    username: 'string',
    gateway_url: 'string',
    reach: 'string',
    rev: 'number',
    as_of: 'number',
    parked: 'boolean',
    jobs: 'JobView[]',
    budget: 'BudgetView|null',
    parents: 'number',
    unknown: 'UnknownView[]',
    warnings: 'string[]'
  },
  Tick: {
    at: 'number',
    count: 'number'
  },
  TimelineView: {
    from_at: 'number',
    to_at: 'number',
    bands: 'Band[]',
    requests: 'Tick[]',
    money: 'Point[]'
  },
  TrafficView: {
    requests: 'number',
    errors: 'number',
    per_minute: 'number',
    p50_ms: 'number|null',
    p99_ms: 'number|null',
    last_request_at: 'number|null',
    history: 'number[]'
  },
  UnknownView: {
    instance_id: 'string',
    on: 'string',
    state: 'string',
    since: 'number|null',
    model_name: 'string',
    job_id: 'string',
    mine: 'boolean'
  },
  VersionSpec: {
    bundle: 'string',
    lock: 'string',
    python: 'string',
    machines: 'MachineConfig',
    cool_down_period_s: 'number',
    request_limit_s: 'number',
    on: 'string',
    enforce: 'boolean',
    isolate: 'boolean',
    slots: 'number',
    description: 'string',
    note: 'string{}',
    secrets: 'string',
    about: 'string'
  },
  VersionView: {
    version: 'number',
    version_id: 'string',
    state: 'string',
    created_at: 'number',
    reason: 'string',
    spec: 'VersionSpec'
  },
  WakeView: {
    instance_id: 'string',
    role: 'Role',
    at: 'number',
    why: 'string',
    state: 'string',
    provision_s: 'number|null',
    environment_s: 'number|null',
    load_s: 'number|null',
    answer_s: 'number|null',
    total_s: 'number|null'
  }
};

/** The words that a kind may be. */
export const WORDS: Record<string, readonly string[]> = {
  InstanceStatus: [
    '',
    'CLOSED',
    'CLOSING',
    'COOLING',
    'EXECUTING',
    'LAUNCHING'
  ],
  JobStatus: ['CANCELED', 'COMPLETED', 'DEPLOYED', 'QUEUING'],
  JobSubstatus: [
    'CANCELED',
    'COMPLETED',
    'CONNECTING SERVER',
    'DEPLOYED MODEL',
    'DEPLOYING MODEL',
    'GEARING UP ENV',
    'REQUESTING SERVER'
  ],
  Market: ['od', 'spot'],
  Outcome: ['CANCELED', 'COMPLETED'],
  Phase: [
    'CONNECTING',
    'DEPLOYING',
    'GEARING_UP',
    'REQUESTING',
    'SERVING',
    'STOPPED',
    'STOPPING',
    'TERMINATED',
    'TERMINATING'
  ],
  Role: ['cooling', 'standby']
};
