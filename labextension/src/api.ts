/** The only fetch: typed calls to control, through the Jupyter server's `/aibro/`. Fields are those of protocol.py. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

export interface IMoney {
  simulated: boolean;
  spent_micros: number;
  micros_per_hour: number;
  all_on_demand_micros: number;
  always_on_micros: number;
  as_of: number;
  unknown: boolean;
  today_micros: number;
}

export interface ITraffic {
  requests: number;
  errors: number;
  per_minute: number;
  p50_ms: number | null;
  p99_ms: number | null;
  /** Requests a minute, oldest first. */
  history: number[];
}

export interface IBudget {
  per_day_micros: number | null;
  stop_micros: number | null;
  today_micros: number;
  spent_micros: number;
  state: string;
  until: number | null;
}

/** One coming up of an instance, in parts; a part that is not over is null. */
export interface IWake {
  instance_id: string;
  role: 'standby' | 'cooling';
  at: number;
  why: string;
  state: string;
  provision_s: number | null;
  environment_s: number | null;
  load_s: number | null;
  answer_s: number | null;
  total_s: number | null;
}

export interface IProgress {
  text: string;
  done: number;
  total: number;
  unit: string;
}

export interface IInstance {
  instance_id: string;
  role: 'standby' | 'cooling';
  machine: string;
  market: 'od' | 'spot';
  on: string;
  version: number;
  phase: string;
  status: string;
  substatus: string;
  phase_at: number;
  launched_at: number;
  progress: IProgress;
  why: string;
  in_flight: number;
  memory_mib: number;
}

export interface IVersion {
  version: number;
  state: string;
  reason: string;
  spec: {
    machines: { standby: string; cooling?: string | null };
    on: string;
    /** JSON: function, signature, sample; empty where nothing is known. */
    about: string;
  };
}

export interface IJob {
  job_id: string;
  model_name: string;
  description: string;
  status: string;
  substatus: string;
  outcome: string | null;
  reason: string;
  url: string;
  public: boolean;
  clients: number;
  created_at: number;
  deployed_at: number | null;
  ended_at: number | null;
  versions: IVersion[];
  instances: IInstance[];
  money: IMoney;
  traffic: ITraffic;
  budget: IBudget | null;
  cooling_off: boolean;
  wakes: IWake[];
  warnings: string[];
}

export interface IStatus {
  version: string;
  protocol: number;
  gateway_url: string;
  reach: string;
  as_of: number;
  parked: boolean;
  jobs: IJob[];
  /** The one over all jobs together. */
  budget: IBudget | null;
}

export interface IClients {
  client_ids: string[];
  urls: string[];
  public: boolean;
}

export interface IClientsUpdate {
  add?: string[];
  remove?: string[];
  be_public?: boolean;
}

export interface ILimits {
  budget_per_day_micros: number | null;
  budget_stop_micros: number | null;
  until: number | null;
}

export interface IMachine {
  machine_id: string;
  vcpus: number;
  memory_mib: number;
  gpu: string;
  micros_per_hour: number | null;
}

export interface ILogs {
  lines: string[];
  cursor: string;
}

export interface ITimeline {
  from_at: number;
  to_at: number;
  bands: {
    role: 'standby' | 'cooling';
    instance_id: string;
    phase: string;
    market: string;
    from_at: number;
    to_at: number | null;
  }[];
  requests: { at: number; count: number }[];
  money: { at: number; micros: number }[];
}

/** What a try came to. */
export interface ITried {
  ok: boolean;
  code: number;
  text: string;
  servedBy: string;
  requestId: string;
  tookMs: number;
}

export type Drill = 'spot' | 'sleep' | 'kill';

/** A refused call; `code` is the backend's own, or one of the two that only this side can tell. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly fix = ''
  ) {
    super(message);
  }

  static readonly EXTENSION_MISSING = 'extension-missing';
  static readonly JUPYTER_UNREACHABLE = 'jupyter-unreachable';
}

/** What `status` answers: the newest state and the ETag that asks for a newer one. */
export interface IFresh {
  status: IStatus;
  etag: string | null;
}

export class Api {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** The state of everything; null when nothing changed since `etag`. */
  async status(etag: string | null): Promise<IFresh | null> {
    const headers = etag ? { 'If-None-Match': etag } : undefined;
    const response = await this._ask('status', { headers });
    if (response.status === 304) {
      return null;
    }
    return {
      status: (await response.json()) as IStatus,
      etag: response.headers.get('ETag')
    };
  }

  /** Who may call a job, and their URLs, in clear. */
  clients(jobId: string): Promise<IClients> {
    return this._get(`jobs/${jobId}/clients`);
  }

  /** Change who may call; resolves when every gateway acts on it. */
  updateClients(jobId: string, update: IClientsUpdate): Promise<IClients> {
    return this._send('PATCH', `jobs/${jobId}/clients`, update);
  }

  /** End a job; resolves when its URL answers nobody any more. */
  complete(jobId: string): Promise<IJob> {
    return this._send('POST', `jobs/${jobId}/complete`, {});
  }

  /** Switch the cooling machine off for good, or let it wake again. */
  cooling(jobId: string, off: boolean): Promise<IJob> {
    return this._send('POST', `jobs/${jobId}/cooling`, { off });
  }

  /** Bring the version before back beside the live one, and then instead of it. */
  rollback(jobId: string): Promise<IJob> {
    return this._send('POST', `jobs/${jobId}/rollback`, {});
  }

  /** Break an instance on purpose. */
  drill(jobId: string, kind: Drill): Promise<{ at: number }> {
    return this._send('POST', `jobs/${jobId}/drill`, { kind });
  }

  limits(jobId: string, limits: ILimits): Promise<IJob> {
    return this._send('PATCH', `jobs/${jobId}/limits`, limits);
  }

  /** The log after a cursor; waits up to `waitS` seconds for a line. */
  logs(jobId: string, after: string, waitS: number): Promise<ILogs> {
    const from = after ? `&after=${encodeURIComponent(after)}` : '';
    return this._get(`jobs/${jobId}/logs?lines=200&wait_s=${waitS}${from}`);
  }

  timeline(jobId: string, hours: number): Promise<ITimeline> {
    return this._get(`jobs/${jobId}/timeline?hours=${hours}`);
  }

  machines(): Promise<IMachine[]> {
    return this._get('machines');
  }

  /** Post a body to a job's own URL, by way of the Jupyter server: a web page itself may not. */
  async tryIt(
    jobId: string,
    body: string,
    contentType: string
  ): Promise<ITried> {
    const began = performance.now();
    const url = URLExt.join(this._settings.baseUrl, 'aibro/try', jobId);
    const init = {
      method: 'POST',
      body,
      headers: { 'Content-Type': contentType }
    };
    const response = await ServerConnection.makeRequest(
      url,
      init,
      this._settings
    );
    return {
      ok: response.ok,
      code: response.status,
      text: await response.text(),
      servedBy: response.headers.get('X-Aibro-Served-By') ?? '',
      requestId: response.headers.get('X-Aibro-Request-Id') ?? '',
      tookMs: performance.now() - began
    };
  }

  private async _get<T>(path: string): Promise<T> {
    return (await (await this._ask(path)).json()) as T;
  }

  private async _send<T>(
    method: string,
    path: string,
    body: object
  ): Promise<T> {
    const response = await this._ask(path, {
      method,
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' }
    });
    return (await response.json()) as T;
  }

  private async _ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'aibro/api') + `/${path}`;
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this._settings);
    } catch (error) {
      throw new ApiError(ApiError.JUPYTER_UNREACHABLE, String(error));
    }
    if (response.ok || response.status === 304) {
      return response;
    }
    throw await refusal(response);
  }
}

/** Our errors carry a code; an answer without one comes from a Jupyter server (or a proxy) that knows no /aibro/. */
async function refusal(response: Response): Promise<ApiError> {
  const body = await response.json().catch(() => ({}));
  if (typeof body.code === 'string') {
    return new ApiError(body.code, body.message, body.fix);
  }
  const code =
    response.status === 404
      ? ApiError.EXTENSION_MISSING
      : ApiError.JUPYTER_UNREACHABLE;
  return new ApiError(
    code,
    body.message ?? `${response.status} ${response.statusText}`
  );
}
