/** The only fetch: calls to control, through the Jupyter server's `/aibro/`, each answer read as its kind. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { ApiError } from './errors';
import { isRecord, read, readIf, readList } from './reader';
import type { IVerbs } from './verbs';
import type {
  IClientsUpdate,
  IClientsView,
  ICoolingSwitch,
  IDrillRequest,
  IDrillView,
  IJobView,
  ILimits,
  ILogsView,
  IMachineView,
  IStatusView,
  ITimelineView
} from './wire';

/** What a try came to. */
export interface ITried {
  ok: boolean;
  code: number;
  text: string;
  servedBy: string;
  requestId: string;
  tookMs: number;
}

/** What an instance can be drilled to do. */
export type Drill = IVerbs['drill'][0];

export class Api {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** The state of everything; null when nothing changed since it was asked last. */
  async changedStatus(): Promise<IStatusView | null> {
    const headers = this._etag ? { 'If-None-Match': this._etag } : undefined;
    const response = await this._ask('status', { headers });
    if (response.status === 304) {
      return null;
    }
    const status = read('StatusView', await response.json());
    this._etag = response.headers.get('ETag');
    return status;
  }

  /** Who may call a job, and their URLs, in clear. */
  async clients(jobId: string): Promise<IClientsView> {
    return read('ClientsView', await this._get(`jobs/${jobId}/clients`));
  }

  /** Change who may call; resolves when every gateway acts on it. */
  async updateClients(
    jobId: string,
    update: IClientsUpdate
  ): Promise<IClientsView> {
    const path = `jobs/${jobId}/clients`;
    return read('ClientsView', await this._send('PATCH', path, update));
  }

  /** End a job; resolves when its URL answers nobody any more. */
  async complete(jobId: string): Promise<IJobView> {
    return read(
      'JobView',
      await this._send('POST', `jobs/${jobId}/complete`, {})
    );
  }

  /** Switch the cooling machine off for good, or let it wake again. */
  async cooling(jobId: string, off: boolean): Promise<IJobView> {
    const wanted: ICoolingSwitch = { off };
    return read(
      'JobView',
      await this._send('POST', `jobs/${jobId}/cooling`, wanted)
    );
  }

  /** Bring the version before back beside the live one, and then instead of it. */
  async rollback(jobId: string): Promise<IJobView> {
    return read(
      'JobView',
      await this._send('POST', `jobs/${jobId}/rollback`, {})
    );
  }

  /** Break an instance on purpose. */
  async drill(jobId: string, kind: Drill): Promise<IDrillView> {
    const wanted: IDrillRequest = { kind };
    return read(
      'DrillView',
      await this._send('POST', `jobs/${jobId}/drill`, wanted)
    );
  }

  async limits(jobId: string, limits: ILimits): Promise<IJobView> {
    return read(
      'JobView',
      await this._send('PATCH', `jobs/${jobId}/limits`, limits)
    );
  }

  /** The log after a cursor; waits up to `waitS` seconds for a line. */
  async logs(jobId: string, after: string, waitS: number): Promise<ILogsView> {
    const from = after ? `&after=${encodeURIComponent(after)}` : '';
    const path = `jobs/${jobId}/logs?lines=200&wait_s=${waitS}${from}`;
    return read('LogsView', await this._get(path));
  }

  async timeline(jobId: string, hours: number): Promise<ITimelineView> {
    const path = `jobs/${jobId}/timeline?hours=${hours}`;
    return read('TimelineView', await this._get(path));
  }

  async machines(): Promise<IMachineView[]> {
    return readList('MachineView', await this._get('machines'));
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

  private async _get(path: string): Promise<unknown> {
    return (await this._ask(path)).json();
  }

  private async _send(
    method: string,
    path: string,
    body: object
  ): Promise<unknown> {
    const response = await this._ask(path, {
      method,
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' }
    });
    return response.json();
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

  private _etag: string | null = null;
}

/** Our errors carry a code; an answer without one comes from a Jupyter server (or a proxy) that knows no /aibro/. */
async function refusal(response: Response): Promise<ApiError> {
  const came: unknown = await response.json().catch(() => null);
  const ours = readIf('Refusal', came)?.error;
  if (ours) {
    return new ApiError(ours.code, ours.message, ours.fix);
  }
  const code =
    response.status === 404
      ? ApiError.EXTENSION_MISSING
      : ApiError.JUPYTER_UNREACHABLE;
  const said =
    isRecord(came) && typeof came.message === 'string'
      ? came.message
      : `${response.status} ${response.statusText}`;
  return new ApiError(code, said);
}
