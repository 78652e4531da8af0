/** What opens below a card: try it, timeline, logs, clients. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import type { ApiError, IClients, IJob, ITimeline, ITried } from './api';
import { TimelineChart } from './chart';
import { CommandIDs } from './commands';
import type { DeploymentsModel } from './model';
import { sampleOf } from './calls';
import { firstLine, masked } from './words';

export interface ISectionProps {
  job: IJob;
  model: DeploymentsModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** A prediction by hand: the sample is there already, so that one press shows that it answers. */
export function TryIt(props: ISectionProps): JSX.Element {
  const { job, model, trans } = props;
  const sample = sampleOf(job);
  const [body, setBody] = React.useState(sample.body);
  const [tried, setTried] = React.useState<ITried | null>(null);
  const [busy, setBusy] = React.useState(false);
  const predict = async (): Promise<void> => {
    setBusy(true);
    try {
      setTried(await model.api.tryIt(job.job_id, body, sample.contentType));
      void model.refresh();
    } catch (error) {
      const text = (error as Error).message;
      setTried({
        ok: false,
        code: 0,
        text,
        servedBy: '',
        requestId: '',
        tookMs: 0
      });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="aibro-Section"
      onSubmit={event => {
        event.preventDefault();
        void predict();
      }}
    >
      <label>
        {sample.told || trans.__('What to send')}
        <textarea
          className="aibro-Input"
          rows={Math.min(8, Math.max(3, body.split('\n').length))}
          spellCheck={false}
          value={body}
          onChange={event => setBody(event.target.value)}
        />
      </label>
      <button className="aibro-Button aibro-mod-primary" disabled={busy}>
        {busy ? trans.__('Predicting…') : trans.__('Predict')}
      </button>
      <div role="status">
        {tried && (
          <>
            <pre className={tried.ok ? undefined : 'aibro-mod-error'}>
              {answer(tried)}
            </pre>
            {tried.code > 0 && (
              <p className="aibro-muted" title={tried.requestId}>
                {[
                  String(tried.code),
                  tried.servedBy,
                  trans.__('%1 ms', Math.round(tried.tookMs))
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
            )}
          </>
        )}
      </div>
    </form>
  );
}

/** An error of the API reads as its message, anything else as it came. */
function answer(tried: ITried): string {
  if (!tried.ok) {
    try {
      const said = JSON.parse(tried.text);
      return said.error?.message ?? said.message ?? tried.text;
    } catch {
      return tried.text;
    }
  }
  return tried.text;
}

const SPANS = [1, 6, 24, 168];
const REDRAW_MS = 5000;

export function Timeline(props: ISectionProps): JSX.Element {
  const { job, model, trans } = props;
  const ageH = (model.now - job.created_at) / 3600;
  const [hours, setHours] = React.useState(
    SPANS.find(span => span >= ageH) ?? 168
  );
  const [seen, setSeen] = React.useState<ITimeline | null>(null);
  const [trouble, setTrouble] = React.useState('');
  const { watched } = model;
  React.useEffect(() => {
    let gone = false;
    const draw = async (): Promise<void> => {
      try {
        const found = await model.api.timeline(job.job_id, hours);
        if (!gone) {
          setSeen(trimmed(found, job.created_at));
          setTrouble('');
        }
      } catch (error) {
        setTrouble((error as ApiError).message);
      }
    };
    void draw();
    const timer = watched ? setInterval(() => void draw(), REDRAW_MS) : 0;
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [job.job_id, hours, watched]);
  return (
    <div className="aibro-Section">
      <div className="aibro-Choice" role="group" aria-label={trans.__('Span')}>
        {SPANS.map(span => (
          <button
            key={span}
            className="aibro-Button"
            aria-pressed={span === hours}
            onClick={() => setHours(span)}
          >
            {span < 48 ? trans.__('%1 h', span) : trans.__('%1 d', span / 24)}
          </button>
        ))}
      </div>
      {trouble && <p role="alert">{trouble}</p>}
      {seen && <TimelineChart seen={seen} trans={trans} />}
    </div>
  );
}

/** A young job fills the picture, instead of being a line at its right edge. */
function trimmed(seen: ITimeline, createdAt: number): ITimeline {
  return { ...seen, from_at: Math.max(seen.from_at, createdAt) };
}

/** Seconds that a follow holds its connection; a browser has six for everything. */
const FOLLOW_S = 10;
const KEPT_LINES = 500;

export function Logs(props: ISectionProps): JSX.Element {
  const { job, model, trans } = props;
  const [lines, setLines] = React.useState<string[] | null>(null);
  const [trouble, setTrouble] = React.useState('');
  const cursor = React.useRef('');
  const box = React.useRef<HTMLPreElement>(null);
  const { watched } = model;
  React.useEffect(() => {
    let gone = false;
    const follow = async (): Promise<void> => {
      while (!gone && watched) {
        const wait = cursor.current ? FOLLOW_S : 0;
        try {
          const after = cursor.current;
          const seen = await model.api.logs(job.job_id, after, wait);
          if (gone) {
            return;
          }
          setTrouble('');
          setLines(known =>
            [...(after ? (known ?? []) : []), ...seen.lines].slice(-KEPT_LINES)
          );
          cursor.current = seen.cursor;
          if (!seen.cursor || seen.lines.length === 0) {
            await new Promise(resolve => setTimeout(resolve, 1000));
          }
        } catch (error) {
          setTrouble((error as ApiError).message);
          await new Promise(resolve => setTimeout(resolve, 3000));
        }
      }
    };
    void follow();
    return () => {
      gone = true;
    };
  }, [job.job_id, watched]);
  React.useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines]);
  return (
    <div className="aibro-Section">
      {trouble && <p role="alert">{trouble}</p>}
      <pre
        ref={box}
        className="aibro-Log"
        tabIndex={0}
        role="log"
        aria-label={trans.__('Log of %1', job.model_name)}
      >
        {lines === null
          ? trans.__('Reading…')
          : lines.length === 0
            ? trans.__('Nothing was written yet')
            : lines.join('\n')}
      </pre>
    </div>
  );
}

export function Clients(props: ISectionProps): JSX.Element {
  const { job, model, commands, trans } = props;
  const [known, setKnown] = React.useState<IClients | null>(null);
  const [trouble, setTrouble] = React.useState('');
  const [name, setName] = React.useState('');
  React.useEffect(() => {
    let gone = false;
    model.api
      .clients(job.job_id)
      .then(found => gone || setKnown(found))
      .catch(error => gone || setTrouble(firstLine(error.message)));
    return () => {
      gone = true;
    };
  }, [job.job_id, job.clients, job.public]);
  const act = (id: string, more: object): void =>
    void commands.execute(id, {
      jobId: job.job_id,
      modelName: job.model_name,
      ...more
    });
  const ids = known?.public ? [] : (known?.client_ids ?? []);
  return (
    <div className="aibro-Section">
      {trouble && <p role="alert">{trouble}</p>}
      {job.public && (
        <p>{trans.__('Public: whoever reaches the URL can call.')}</p>
      )}
      <ul className="aibro-Clients" aria-label={trans.__('Clients')}>
        {ids.map((id, index) => (
          <li key={index}>
            <code>{masked(id)}</code>
            <button
              className="aibro-Button"
              onClick={() => act(CommandIDs.copyUrl, { client: index })}
            >
              {trans.__('Copy URL')}
            </button>
            <button
              className="aibro-Button"
              aria-label={trans.__('Remove %1', masked(id))}
              onClick={() => act(CommandIDs.removeClient, { client: index })}
            >
              {trans.__('Remove')}
            </button>
          </li>
        ))}
      </ul>
      <form
        className="aibro-Inline"
        onSubmit={event => {
          event.preventDefault();
          act(CommandIDs.mintClient, { name });
          setName('');
        }}
      >
        <input
          className="aibro-Input"
          value={name}
          required
          maxLength={40}
          placeholder={trans.__('a name, e.g. alice')}
          aria-label={trans.__('Name of a new client')}
          onChange={event => setName(event.target.value)}
        />
        <button className="aibro-Button">{trans.__('Add')}</button>
      </form>
      <p className="aibro-muted">
        {trans.__('Adds an id that nobody can guess, beginning with the name.')}
      </p>
      {!job.public && (
        <button
          className="aibro-Button"
          onClick={() => act(CommandIDs.makePublic, {})}
        >
          {commands.label(CommandIDs.makePublic)}
        </button>
      )}
    </div>
  );
}
