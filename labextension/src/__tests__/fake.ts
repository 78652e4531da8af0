/** States as control tells them, and a server that answers like ours. */
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import type {
  IInstanceView,
  IJobView,
  IMachineView,
  IMoneyView,
  IStatusView,
  IWakeView
} from '../wire';

export const trans = nullTranslator.load('aibro_jupyter');

export function money(over: Partial<IMoneyView> = {}): IMoneyView {
  return {
    simulated: true,
    spent_micros: 12_300,
    micros_per_hour: 85_000,
    all_on_demand_micros: 12_300,
    always_on_micros: 12_300,
    as_of: 1000,
    unknown: false,
    today_micros: 12_300,
    accruals: [{ from_at: 1000, micros_per_hour: 85_000 }],
    minimum_s: 60,
    comparable_from: 900,
    ...over
  };
}

export function instance(over: Partial<IInstanceView> = {}): IInstanceView {
  return {
    instance_id: 'ins_1',
    role: 'standby',
    machine: 'c5.large',
    market: 'od',
    on: 'here',
    version: 1,
    phase: 'SERVING',
    status: 'EXECUTING',
    substatus: '',
    phase_at: 1000,
    launched_at: 990,
    progress: { text: '', done: 0, total: 0, unit: '' },
    why: '',
    in_flight: 0,
    memory_mib: 118,
    slots: [],
    load_s: 0.8,
    ...over
  };
}

export function job(over: Partial<IJobView> = {}): IJobView {
  return {
    job_id: 'inf_1',
    model_name: 'iris',
    username: 'ana',
    description: '',
    status: 'DEPLOYED',
    substatus: 'DEPLOYED MODEL',
    outcome: null,
    reason: '',
    url: 'http://127.0.0.1:8642/v1/ana/public/iris/predict',
    public: true,
    clients: 0,
    created_at: 980,
    deployed_at: 1000,
    ended_at: null,
    versions: [
      {
        version: 1,
        version_id: 'v1',
        state: 'live',
        created_at: 980,
        reason: '',
        spec: {
          bundle: '0'.repeat(64),
          lock: '',
          python: '3.11',
          machines: { standby: 'c5.large', cooling: null },
          cool_down_period_s: 600,
          request_limit_s: 600,
          on: 'here',
          enforce: false,
          isolate: false,
          slots: 1,
          description: '',
          note: {},
          secrets: '',
          about: ''
        }
      }
    ],
    instances: [instance()],
    money: money(),
    traffic: {
      requests: 0,
      errors: 0,
      per_minute: 0,
      p50_ms: null,
      p99_ms: null,
      last_request_at: null,
      history: []
    },
    budget: null,
    cooling_off: false,
    wakes: [],
    warnings: [],
    rev: 7,
    ...over
  };
}

export function status(...jobs: IJobView[]): IStatusView {
  return {
    version: '0.1.0',
    protocol: 1,
    python: '/usr/bin/python3',
    username: 'ana',
    gateway_url: 'http://127.0.0.1:8642',
    reach: 'this computer',
    rev: 7,
    as_of: 1000,
    parked: false,
    budget: null,
    parents: 0,
    unknown: [],
    warnings: [],
    jobs
  };
}

export function wake(over: Partial<IWakeView> = {}): IWakeView {
  return {
    instance_id: 'ins_2',
    role: 'cooling',
    at: 1000,
    why: 'a request came',
    state: 'done',
    provision_s: 21,
    environment_s: 0.4,
    load_s: 14,
    answer_s: 3,
    total_s: 38.4,
    ...over
  };
}

export function machine(over: Partial<IMachineView> = {}): IMachineView {
  return {
    machine_id: 'c5.large.od',
    vcpus: 2,
    memory_mib: 4096,
    gpu: '',
    micros_per_hour: 85_000,
    availability: '100 %',
    region: 'us-east-1',
    source: '',
    as_of: '2026-11-22',
    ...over
  };
}

export type Answer = (
  path: string,
  request: Request
) => Response | Promise<Response>;

/** Settings whose fetch is that function; every request made is kept. */
export function server(answer: Answer): {
  settings: ServerConnection.ISettings;
  asked: Request[];
} {
  const asked: Request[] = [];
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost:9/user/ana/',
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init);
      asked.push(request);
      return answer(new URL(request.url).pathname, request);
    }
  });
  return { settings, asked };
}

export function json(
  body: unknown,
  code = 200,
  headers: Record<string, string> = {}
): Response {
  return new Response(JSON.stringify(body), { status: code, headers });
}
