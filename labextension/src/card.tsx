/** One job as a card: what it is, how it is, where it answers, what it costs, and what can be done with it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, MenuSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { Sparkline } from './chart';
import { Clients } from './clients';
import { CommandIDs, MENU } from './commands';
import { CopyButton } from './copy';
import { Logs } from './logs';
import { Machines, Phrases } from './machines';
import type { DeploymentsModel, Section } from './model';
import { Money } from './moneyline';
import { JOB_STATUS, JOB_SUBSTATUS } from './states';
import { Timeline } from './timelineview';
import { TryIt } from './tryit';
import { VERBS } from './verbs';
import type { IJobView, IStatusView } from './wire';
import { access, shortUrl, told, total, traffic } from './words';

interface ICardProps {
  job: IJobView;
  status: IStatusView;
  model: DeploymentsModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

export function JobCard(props: ICardProps): JSX.Element {
  const { job, status, trans } = props;
  return (
    <article className="aibro-Card" aria-label={job.model_name}>
      <header>
        <h3>
          {job.model_name} <small>{trans.__('v%1', liveVersion(job))}</small>
        </h3>
        <Badge job={job} />
      </header>
      {job.description && <p className="aibro-muted">{job.description}</p>}
      <Address {...props} />
      <p className="aibro-muted">
        <Phrases text={access(job, status.reach, trans)} />
      </p>
      <Warnings job={job} />
      <Machines {...props} />
      <div className="aibro-Traffic">
        <Sparkline job={job} trans={trans} />
        <p>
          <Phrases text={traffic(job, trans)} />
        </p>
      </div>
      <Money {...props} />
      <Actions {...props} />
      <OpenSection {...props} />
    </article>
  );
}

function liveVersion(job: IJobView): number {
  const live = job.versions.find(version => version.state === 'live');
  return (live ?? job.versions[0])?.version ?? 1;
}

/** A job that is over: what it was, what it came to, and if it failed the lines that matter and the way on. */
export function EndedJob(props: {
  job: IJobView;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, trans } = props;
  const failed = job.outcome === 'CANCELED' && job.reason;
  const { head, lines } = told(job.reason);
  return (
    <li aria-label={job.model_name}>
      <span>{job.model_name}</span>
      <Badge job={job} />
      <span className="aibro-muted">{total(job.money, trans)}</span>
      {failed && (
        <div className="aibro-Failure">
          <p>{head}</p>
          {lines && (
            <details>
              <summary>{trans.__('the lines that matter')}</summary>
              <pre tabIndex={0}>{lines}</pre>
            </details>
          )}
          <p className="aibro-muted">
            {trans.__(
              'Fix it in the notebook and run the deploy cell again: the name is free.'
            )}
          </p>
        </div>
      )}
    </li>
  );
}

/** The reference's words; the dot only repeats in colour what they say. */
function Badge(props: { job: IJobView }): JSX.Element {
  const { status, substatus } = props.job;
  const said = substatus === status ? '' : substatus;
  return (
    <span className="aibro-Badge" data-status={status}>
      <span title={JOB_STATUS[status]}>{status}</span>
      {said && (
        <span className="aibro-muted" title={JOB_SUBSTATUS[substatus]}>
          {' · '}
          {said}
        </span>
      )}
    </span>
  );
}

function Address(props: ICardProps): JSX.Element {
  const { job, commands, trans } = props;
  const args = { jobId: job.job_id, modelName: job.model_name };
  return (
    <div className="aibro-Url">
      <code title={job.url}>
        {shortUrl(job.url)
          .split('/')
          .map((segment, index) => (
            <React.Fragment key={index}>
              {index > 0 && '/'}
              <wbr />
              {segment}
            </React.Fragment>
          ))}
      </code>
      <CopyButton
        label={commands.label(CommandIDs.copyUrl)}
        done={trans.__('Copied')}
        copy={() => commands.execute(CommandIDs.copyUrl, args)}
      />
    </div>
  );
}

function Warnings(props: { job: IJobView }): JSX.Element | null {
  const { reason, warnings } = props.job;
  const said = [reason, ...warnings].filter(Boolean);
  return said.length === 0 ? null : (
    <ul className="aibro-Warnings" role="status">
      {said.map(text => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

function Actions(props: ICardProps): JSX.Element {
  const { job, model, commands, trans } = props;
  const doing = model.doing(job.job_id);
  const off = doing !== null || model.trouble !== null;
  const args = { jobId: job.job_id, modelName: job.model_name };
  const sections: [Section, string, string?][] = [
    ['try', trans.__('Try it')],
    ['timeline', trans.__('Timeline')],
    ['logs', trans.__('Logs'), VERBS.logs(trans)],
    [
      'clients',
      job.public ? trans.__('Clients') : trans.__('Clients %1', job.clients),
      VERBS.clients(trans)
    ]
  ];
  return (
    <div
      className="aibro-Actions"
      role="group"
      aria-label={trans.__('Actions of %1', job.model_name)}
    >
      {sections.map(([section, label, title]) => (
        <button
          key={section}
          className="aibro-Button"
          title={title}
          aria-expanded={model.section(job.job_id) === section}
          onClick={() => model.toggle(job.job_id, section)}
        >
          {label}
        </button>
      ))}
      <button
        className="aibro-Button aibro-mod-menu"
        aria-haspopup="menu"
        disabled={off}
        onClick={event => openMenu(event.currentTarget, job, commands)}
      >
        {trans.__('More')}
        <caretDownIcon.react tag="span" />
      </button>
      <button
        className="aibro-Button aibro-mod-end"
        disabled={off}
        title={commands.caption(CommandIDs.complete, args)}
        onClick={() => void commands.execute(CommandIDs.complete, args)}
      >
        {doing ?? trans.__('Complete…')}
      </button>
    </div>
  );
}

function openMenu(
  button: HTMLElement,
  job: IJobView,
  commands: CommandRegistry
): void {
  const menu = new MenuSvg({ commands });
  const args = { jobId: job.job_id, modelName: job.model_name };
  for (const command of MENU) {
    menu.addItem(command ? { command, args } : { type: 'separator' });
  }
  // A command runs after the menu closed: it is disposed when the focus went on.
  menu.aboutToClose.connect(() => requestAnimationFrame(() => menu.dispose()));
  const { left, bottom } = button.getBoundingClientRect();
  menu.open(left, bottom);
}

function OpenSection(props: ICardProps): JSX.Element | null {
  switch (props.model.section(props.job.job_id)) {
    case 'try':
      return <TryIt {...props} />;
    case 'timeline':
      return <Timeline {...props} />;
    case 'logs':
      return <Logs {...props} />;
    case 'clients':
      return <Clients {...props} />;
    default:
      return null;
  }
}
