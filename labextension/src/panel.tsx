/** The panel: cards of jobs, or a plain word on why there are none and what to do about it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, refreshIcon, VDomRenderer } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { EndedJob, JobCard } from './card';
import { CommandIDs } from './commands';
import { DeployForm } from './deploy';
import { ApiError } from './errors';
import { hourly, money } from './figures';
import { deploymentsIcon } from './icon';
import { command } from './lines';
import { Empty, Notices, Trouble } from './messages';
import type { DeploymentsModel } from './model';
import { todayNow } from './money';
import { BudgetBar, useTick } from './moneyline';
import type { Notebooks } from './notebooks';
import type { IStatusView } from './wire';

export class DeploymentsPanel extends VDomRenderer<DeploymentsModel> {
  constructor(
    model: DeploymentsModel,
    private readonly _commands: CommandRegistry,
    private readonly _notebooks: Notebooks,
    private readonly _trans: TranslationBundle
  ) {
    super(model);
    this.id = 'aibro-deployments';
    this.addClass('aibro-Panel');
    this.title.icon = deploymentsIcon;
    this.title.caption = _trans.__('Deployments');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _trans.__('Deployments'));
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.model.dispose();
      super.dispose();
    }
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.watched = true;
  }

  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.model.watched = false;
  }

  protected render(): JSX.Element {
    const { status, trouble, deploying } = this.model;
    if (deploying) {
      return (
        <>
          {this._header()}
          <div className="aibro-Panel-body">
            <DeployForm
              model={this.model}
              notebooks={this._notebooks}
              trans={this._trans}
            />
          </div>
        </>
      );
    }
    return (
      <>
        {this._header()}
        <div className="aibro-Panel-body">
          {trouble && this._trouble(trouble, status !== null)}
          {status && this._jobs(status)}
          {!status && !trouble && (
            <p className="aibro-muted">{this._trans.__('Connecting…')}</p>
          )}
        </div>
        {status && (
          <Footer status={status} model={this.model} trans={this._trans} />
        )}
      </>
    );
  }

  private _header(): JSX.Element {
    return (
      <header className="aibro-Panel-header">
        <h2>{this._trans.__('Deployments')}</h2>
        {[
          [CommandIDs.deploy, addIcon] as const,
          [CommandIDs.refresh, refreshIcon] as const
        ].map(([command, icon]) => (
          <button
            key={command}
            className="aibro-iconButton"
            title={this._commands.label(command)}
            aria-label={this._commands.label(command)}
            onClick={() => void this._commands.execute(command)}
          >
            <icon.react tag="span" />
          </button>
        ))}
      </header>
    );
  }

  private _jobs(status: IStatusView): JSX.Element {
    const trans = this._trans;
    const active = status.jobs.filter(job => job.outcome === null);
    const ended = status.jobs.filter(job => job.outcome !== null);
    return (
      <div className={this.model.trouble ? 'aibro-mod-stale' : undefined}>
        {status.parked && (
          <p className="aibro-Note" role="status">
            {trans.__(
              'Parked: the jobs are kept. "%1" brings them back.',
              command('up')
            )}
          </p>
        )}
        <Notices status={status} trans={trans} />
        {active.length === 0 && (
          <Empty
            title={
              ended.length === 0
                ? trans.__('Nothing is deployed yet')
                : trans.__('Nothing is deployed now')
            }
            deploy={() => void this._commands.execute(CommandIDs.deploy)}
            trans={trans}
          />
        )}
        {active.map(job => (
          <JobCard
            key={job.job_id}
            job={job}
            status={status}
            model={this.model}
            commands={this._commands}
            trans={trans}
          />
        ))}
        {ended.length > 0 && (
          <section className="aibro-Ended" aria-label={trans.__('Ended jobs')}>
            <h3>{trans.__('Ended')}</h3>
            <ul>
              {ended.map(job => (
                <EndedJob key={job.job_id} job={job} trans={trans} />
              ))}
            </ul>
          </section>
        )}
      </div>
    );
  }

  private _trouble(trouble: ApiError, known: boolean): JSX.Element {
    const trans = this._trans;
    switch (trouble.code) {
      case 'backend-down':
        return (
          <Trouble
            title={
              known
                ? trans.__('The backend stopped answering')
                : trans.__('No backend is running')
            }
            text={trans.__(
              'It starts by itself with the next deploy. To bring it up without one, run this in a terminal:'
            )}
            code={command('up')}
            trans={trans}
          />
        );
      case ApiError.EXTENSION_MISSING:
        return (
          <Trouble
            title={trans.__('This Jupyter server does not know AIbro')}
            text={trans.__(
              'The sidebar is here, its other half is not. Install aibro_jupyter in the environment that runs Jupyter, then run this there and restart Jupyter:'
            )}
            code="jupyter server extension enable aibro_jupyter"
            trans={trans}
          />
        );
      case ApiError.JUPYTER_UNREACHABLE:
        return (
          <Trouble
            title={trans.__('The Jupyter server does not answer')}
            text={trouble.message}
            trans={trans}
          />
        );
      default:
        return (
          <Trouble title={trouble.message} text={trouble.fix} trans={trans} />
        );
    }
  }
}

/** All jobs together: what today came to, what an hour costs now, where the backend is and when it last answered. */
function Footer(props: {
  status: IStatusView;
  model: DeploymentsModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { status, model, trans } = props;
  const rate = status.jobs.reduce(
    (sum, job) => sum + job.money.micros_per_hour,
    0
  );
  useTick(rate > 0);
  const today = status.jobs.reduce(
    (sum, job) =>
      sum +
      model.risen.today(job.job_id, job.money, todayNow(job.money, model.now)),
    0
  );
  const simulated = status.jobs.every(job => job.money.simulated);
  const sums = trans.__('%1 today, %2 now', money(today), hourly(rate));
  return (
    <footer className="aibro-Panel-footer" aria-live="off">
      {status.jobs.length > 0 && (
        <span className="aibro-Panel-sum">
          {trans.__('all jobs')}{' '}
          {simulated ? trans.__('on AWS: %1', sums) : sums}
        </span>
      )}
      {status.budget && <BudgetBar budget={status.budget} trans={trans} />}
      <span title={status.gateway_url}>
        {status.gateway_url.replace(/^https?:\/\//, '')}
      </span>
      <span>
        {trans.__('last update %1', clockTime(new Date(model.seenAt ?? 0)))}
      </span>
    </footer>
  );
}

/** "14:02:05", in 24 hours for a narrow panel. */
function clockTime(at: Date): string {
  return at.toLocaleTimeString(undefined, { hour12: false });
}
