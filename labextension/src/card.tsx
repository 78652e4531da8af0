/** One job as a card: what it is, how it is, where it answers, what it costs. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import type { IJob, IStatus } from './api';
import { CommandIDs } from './commands';
import { CopyButton } from './copy';
import type { DeploymentsModel } from './model';
import { INSTANCE_STATUS, JOB_STATUS, JOB_SUBSTATUS } from './states';
import {
  access,
  condition,
  cost,
  IMachineLine,
  machineLines,
  machineName,
  shortUrl,
  total
} from './words';

const NO_PROGRESS = { done: 0, total: 0 };

interface ICardProps {
  job: IJob;
  status: IStatus;
  model: DeploymentsModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

export function JobCard(props: ICardProps): JSX.Element {
  const { job, status, trans } = props;
  return (
    <article className="aibro-Card" aria-label={job.model_name}>
      <header>
        <div>
          <h3>
            {job.model_name}{' '}
            <small>{trans.__('v%1', job.versions[0]?.version ?? 1)}</small>
          </h3>
          <CompleteButton {...props} />
        </div>
        <Badge job={job} />
      </header>
      <Address {...props} />
      <p className="aibro-muted">
        <Phrases text={access(job, status.reach, trans)} />
      </p>
      <Warnings job={job} />
      <dl className="aibro-Machines">
        {machineLines(job).map(line => (
          <Machine
            key={line.instance?.instance_id ?? line.role}
            line={line}
            trans={trans}
          />
        ))}
      </dl>
      <Money {...props} />
    </article>
  );
}

/** A job that is over: what it was, what it came to, and why if it failed. */
export function EndedJob(props: {
  job: IJob;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, trans } = props;
  return (
    <li aria-label={job.model_name}>
      <span>{job.model_name}</span>
      <Badge job={job} />
      <span className="aibro-muted">{total(job.money, trans)}</span>
      {job.outcome === 'CANCELED' && job.reason && (
        <p className="aibro-muted" title={job.reason}>
          {job.reason}
        </p>
      )}
    </li>
  );
}

/** The reference's words; the dot only repeats in colour what they say. */
function Badge(props: { job: IJob }): JSX.Element {
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

function Warnings(props: { job: IJob }): JSX.Element | null {
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

function Machine(props: {
  line: IMachineLine;
  trans: TranslationBundle;
}): JSX.Element {
  const { line, trans } = props;
  const { role, instance } = line;
  const status = instance?.status ?? '';
  return (
    <div className="aibro-Machine">
      <dt>
        <span title={meaning(role, trans)}>{role}</span>
        {status && <small title={INSTANCE_STATUS[status]}>{status}</small>}
      </dt>
      <dd>
        <Phrases text={condition(line, trans)} />
        <div className="aibro-muted" title={memory(line)}>
          {machineName(line, trans)}
        </div>
        {instance?.why && <div className="aibro-muted">{instance.why}</div>}
        <Bar line={line} />
      </dd>
    </div>
  );
}

function meaning(role: string, trans: TranslationBundle): string {
  return role === 'cooling'
    ? trans.__('cooling: strong, asleep until requests come')
    : trans.__('standby: always on, cheap');
}

function memory(line: IMachineLine): string | undefined {
  const used = line.instance?.memory_mib;
  return used ? `${used} MiB` : undefined;
}

function Bar(props: { line: IMachineLine }): JSX.Element | null {
  const { done, total } = props.line.instance?.progress ?? NO_PROGRESS;
  return done < total ? (
    <div
      className="aibro-Bar"
      role="progressbar"
      aria-valuemin={0}
      aria-valuenow={done}
      aria-valuemax={total}
    >
      <div style={{ width: `${(100 * done) / total}%` }} />
    </div>
  ) : null;
}

/** A line that breaks between its phrases, and within one only if it must. */
function Phrases(props: { text: string }): JSX.Element {
  const phrases = props.text.split(' · ');
  return (
    <>
      {phrases.map((phrase, index) => (
        <React.Fragment key={index}>
          <span className="aibro-phrase">
            {index < phrases.length - 1 ? `${phrase} ·` : phrase}
          </span>{' '}
        </React.Fragment>
      ))}
    </>
  );
}

/** Counts on by itself between two polls; not announced, for it changes every second. */
function Money(props: ICardProps): JSX.Element {
  const { job, status, model, trans } = props;
  const [, tick] = React.useReducer((count: number) => count + 1, 0);
  const counting = job.money.micros_per_hour > 0;
  React.useEffect(() => {
    if (!counting) {
      return undefined;
    }
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [counting]);
  return (
    <p className="aibro-Money" aria-live="off">
      <Phrases text={cost(job.money, status.as_of, model.elapsedS, trans)} />
    </p>
  );
}

function CompleteButton(props: ICardProps): JSX.Element {
  const { job, model, commands, trans } = props;
  const completing = model.isCompleting(job.job_id);
  const args = { jobId: job.job_id, modelName: job.model_name };
  return (
    <button
      className="aibro-Button"
      disabled={completing || model.trouble !== null}
      title={commands.caption(CommandIDs.complete)}
      onClick={() => void commands.execute(CommandIDs.complete, args)}
    >
      {completing ? trans.__('Completing…') : trans.__('Complete…')}
    </button>
  );
}
