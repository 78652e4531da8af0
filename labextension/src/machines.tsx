/** The machines of a job, each on its line: what it is to the job, how it is, on what, and since when. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { age, memory } from './figures';
import type { DeploymentsModel } from './model';
import { INSTANCE_STATUS } from './states';
import type { IJobView } from './wire';
import {
  condition,
  firstLine,
  IMachineLine,
  machineLines,
  machineName,
  wake
} from './words';

const NO_PROGRESS = { done: 0, total: 0 };

export function Machines(props: {
  job: IJobView;
  model: DeploymentsModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, model, trans } = props;
  const lines = machineLines(job);
  const several = new Set(lines.map(line => line.instance?.version)).size > 1;
  const last = job.wakes.find(one => one.role === 'cooling');
  return (
    <dl className="aibro-Machines">
      {lines.map(line => (
        <Machine
          key={line.instance?.instance_id ?? line.role}
          line={line}
          version={several ? line.instance?.version : undefined}
          now={model.now}
          trans={trans}
        />
      ))}
      {last && (
        <div className="aibro-Machine">
          <dt />
          <dd className="aibro-muted" title={last.why}>
            {wake(last, trans)}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Machine(props: {
  line: IMachineLine;
  version?: number;
  now: number;
  trans: TranslationBundle;
}): JSX.Element {
  const { line, version, now, trans } = props;
  const { role, instance } = line;
  const status = instance?.status ?? '';
  const settled = ['SERVING', 'STOPPED'].includes(instance?.phase ?? '');
  const why = settled ? '' : (instance?.why ?? '');
  return (
    <div className="aibro-Machine">
      <dt>
        <span title={meaning(role, trans)}>{role}</span>
        {status && <small title={INSTANCE_STATUS[status]}>{status}</small>}
      </dt>
      <dd>
        <div className="aibro-Machine-line">
          <span>
            <Phrases text={condition(line, trans)} />
          </span>
          {instance && (
            <span
              className="aibro-Machine-age"
              title={trans.__('in this state for')}
            >
              {age(now - instance.phase_at)}
            </span>
          )}
        </div>
        <div className="aibro-muted" title={memoryOf(line)}>
          {version !== undefined && `${trans.__('v%1', version)} · `}
          {machineName(line, trans)}
        </div>
        {why && (
          <div className="aibro-muted" title={why}>
            {firstLine(why)}
          </div>
        )}
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

function memoryOf(line: IMachineLine): string | undefined {
  const used = line.instance?.memory_mib;
  return used ? memory(used) : undefined;
}

function Bar(props: { line: IMachineLine }): JSX.Element | null {
  const { done, total } = props.line.instance?.progress ?? NO_PROGRESS;
  return done < total ? (
    <div
      className="aibro-Bar"
      role="progressbar"
      aria-label={props.line.role}
      aria-valuemin={0}
      aria-valuenow={done}
      aria-valuemax={total}
    >
      <div style={{ width: `${(100 * done) / total}%` }} />
    </div>
  ) : null;
}

/** A line that breaks between its phrases, and within one only if it must. */
export function Phrases(props: { text: string }): JSX.Element {
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
