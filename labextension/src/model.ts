/** What the panel knows: the last state that control told, and what is in the way of a newer one. */
import { VDomModel } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';
import { Api } from './api';
import { ApiError } from './errors';
import { Rising } from './money';
import type { IJobView, IStatusView } from './wire';

/** Milliseconds between two tries, at most, while something is wrong: a backend that comes up is seen soon. */
const MAX_PAUSE_MS = 10_000;

/** What a card has open below it; one at a time. */
export type Section = 'try' | 'timeline' | 'logs' | 'clients';

export class DeploymentsModel extends VDomModel {
  constructor(readonly api: Api) {
    super();
    this.poll = new Poll<void, ApiError>({
      name: 'aibro:status',
      auto: false,
      factory: () => this._look(),
      frequency: { interval: 2000, backoff: true, max: MAX_PAUSE_MS },
      standby: () => document.hidden || !(this._watched || this._isLaunching)
    });
  }

  readonly poll: Poll<void, ApiError>;

  /** A deployment came to its end, well or not: told once. */
  get finished(): ISignal<DeploymentsModel, IJobView> {
    return this._finished;
  }

  /** The newest state known; null before the first. */
  get status(): IStatusView | null {
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

  /** Now, by control's clock. */
  get now(): number {
    return (this._status?.as_of ?? 0) + this.elapsedS;
  }

  /** The sums as they were shown, for all places that show them. */
  readonly risen = new Rising();

  /** Whether somebody looks: nobody looking, nobody asks, unless a deployment is to be waited for. */
  get watched(): boolean {
    return this._watched;
  }

  set watched(value: boolean) {
    if (value && !this._watched) {
      this._watchedAt = Date.now();
    }
    this._watched = value;
    if (value || !this._isLaunching) {
      void (value ? this.poll.start() : this.poll.stop());
    }
    this.stateChanged.emit();
  }

  set intervalMs(interval: number) {
    const max = Math.max(interval, MAX_PAUSE_MS);
    this.poll.frequency = { interval, backoff: true, max };
  }

  /** Whether the form for a new deployment is in place of the cards. */
  get deploying(): boolean {
    return this._deploying;
  }

  set deploying(value: boolean) {
    this._deploying = value;
    this.stateChanged.emit();
  }

  /** What a job's card has open. */
  section(jobId: string): Section | null {
    return this._sections.get(jobId) ?? null;
  }

  toggle(jobId: string, section: Section): void {
    if (this._sections.get(jobId) === section) {
      this._sections.delete(jobId);
    } else {
      this._sections.set(jobId, section);
    }
    this.stateChanged.emit();
  }

  /** What is being done to a job at this moment, in a word; null: nothing. */
  doing(jobId: string): string | null {
    return this._doing.get(jobId) ?? null;
  }

  /** Look now. */
  async refresh(): Promise<void> {
    await this.poll.refresh();
    await this.poll.tick.catch(() => undefined);
  }

  /** Do something to a job, one thing at a time, and show what came of it. */
  async act(
    jobId: string,
    word: string,
    action: () => Promise<unknown>
  ): Promise<void> {
    this._doing.set(jobId, word);
    this.stateChanged.emit();
    try {
      await action();
    } finally {
      await this.refresh();
      this._doing.delete(jobId);
      this.stateChanged.emit();
    }
  }

  dispose(): void {
    this.poll.dispose();
    super.dispose();
  }

  private get _isLaunching(): boolean {
    return (
      this._status?.jobs.some(
        job => job.outcome === null && job.status === 'QUEUING'
      ) ?? false
    );
  }

  private async _look(): Promise<void> {
    try {
      const fresh = await this.api.changedStatus();
      this._seenAt = Date.now();
      this._trouble = null;
      if (fresh) {
        const before = this._status;
        this._status = fresh;
        this._receivedAt = this._seenAt;
        this._tellFinished(before);
        if (!this._watched && !this._isLaunching) {
          void this.poll.stop();
        }
      }
    } catch (error) {
      this._trouble = error as ApiError;
      throw error;
    } finally {
      this.stateChanged.emit();
    }
  }

  /** Tell what was coming up at the last look, and what has come up whole between two looks. */
  private _tellFinished(before: IStatusView | null): void {
    const known = new Map(before?.jobs.map(job => [job.job_id, job.status]));
    const fresh = this._status!;
    const watchedFor = (this._receivedAt - this._watchedAt) / 1000;
    const since = Math.max(before?.as_of ?? 0, fresh.as_of - watchedFor);
    for (const job of fresh.jobs) {
      const was = known.get(job.job_id);
      const isNew = was === undefined && job.created_at >= since;
      if ((was === 'QUEUING' || isNew) && job.status !== 'QUEUING') {
        this._finished.emit(job);
      }
    }
  }

  private _status: IStatusView | null = null;
  private _trouble: ApiError | null = null;
  private _seenAt: number | null = null;
  private _receivedAt = 0;
  private _watched = false;
  private _watchedAt = Infinity;
  private _deploying = false;
  private readonly _doing = new Map<string, string>();
  private readonly _sections = new Map<string, Section>();
  private readonly _finished = new Signal<DeploymentsModel, IJobView>(this);
}
