/** The log below a card, followed while somebody looks. */
import * as React from 'react';
import type { ApiError } from './errors';
import type { ISectionProps } from './section';

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
