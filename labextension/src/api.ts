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
  progress: IProgress;
  why: string;
  in_flight: number;
  memory_mib: number;
}

export interface IVersion {
  version: number;
  state: string;
  spec: { machines: { standby: string; cooling?: string | null }; on: string };
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
  ended_at: number | null;
  versions: IVersion[];
  instances: IInstance[];
  money: IMoney;
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
}

export interface IClients {
  client_ids: string[];
  urls: string[];
  public: boolean;
}

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
  async clients(jobId: string): Promise<IClients> {
    const response = await this._ask(`jobs/${jobId}/clients`);
    return (await response.json()) as IClients;
  }

  /** End a job; resolves when its URL answers nobody any more. */
  async complete(jobId: string): Promise<IJob> {
    const response = await this._ask(`jobs/${jobId}/complete`, {
      method: 'POST'
    });
    return (await response.json()) as IJob;
  }

  private async _ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'aibro/api', path);
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
