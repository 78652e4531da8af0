/** What the panel knows: the last state that control told, and what is in the way of a newer one. */
import { VDomModel } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';
import { Api, ApiError, IStatus } from './api';

/** Milliseconds between two tries, at most, while something is wrong: a backend that comes up is seen soon. */
const MAX_PAUSE_MS = 10_000;

export class DeploymentsModel extends VDomModel {
  constructor(readonly api: Api) {
    super();
    this.poll = new Poll<void, ApiError>({
      name: 'aibro:status',
      auto: false,
      factory: () => this._look(),
      frequency: { interval: 2000, backoff: true, max: MAX_PAUSE_MS },
      standby: () => !this._watched || document.hidden
    });
  }

  readonly poll: Poll<void, ApiError>;

  /** The newest state known; null before the first. */
  get status(): IStatus | null {
    return this._status;
  }

  /** Why there is no newer state; null while all is well. */
  get trouble(): ApiError | null {
    return this._trouble;
  }

  /** When control last answered, in milliseconds since the epoch. */
  get seenAt(): number | null {
    return this._seenAt;
  }

  /** Seconds since `status` was received: what counts money on, whatever the two clocks say. */
  get elapsedS(): number {
    const until = this._trouble ? (this._seenAt ?? 0) : Date.now();
    return Math.max(0, (until - this._receivedAt) / 1000);
  }

  /** Whether somebody looks: nobody looking, nobody asks. */
  set watched(value: boolean) {
    this._watched = value;
    void (value ? this.poll.start() : this.poll.stop());
  }

  set intervalMs(interval: number) {
    const max = Math.max(interval, MAX_PAUSE_MS);
    this.poll.frequency = { interval, backoff: true, max };
  }

  isCompleting(jobId: string): boolean {
    return this._completing.has(jobId);
  }

  /** Look now. */
  async refresh(): Promise<void> {
    await this.poll.refresh();
    await this.poll.tick.catch(() => undefined);
  }

  /** End a job, and show what came of it. */
  async complete(jobId: string): Promise<void> {
    this._completing.add(jobId);
    this.stateChanged.emit();
    try {
      await this.api.complete(jobId);
    } finally {
      await this.refresh();
      this._completing.delete(jobId);
      this.stateChanged.emit();
    }
  }

  dispose(): void {
    this.poll.dispose();
    super.dispose();
  }

  private async _look(): Promise<void> {
    try {
      const fresh = await this.api.status(this._etag);
      this._seenAt = Date.now();
      this._trouble = null;
      if (fresh) {
        this._status = fresh.status;
        this._etag = fresh.etag;
        this._receivedAt = this._seenAt;
      }
    } catch (error) {
      this._trouble = error as ApiError;
      throw error;
    } finally {
      this.stateChanged.emit();
    }
  }

  private _status: IStatus | null = null;
  private _etag: string | null = null;
  private _trouble: ApiError | null = null;
  private _seenAt: number | null = null;
  private _receivedAt = 0;
  private _watched = false;
  private readonly _completing = new Set<string>();
}
