/** Try it, below a card: a prediction by hand. */
import * as React from 'react';
import type { ITried } from './api';
import { sampleOf } from './calls';
import { duration } from './figures';
import type { ISectionProps } from './section';

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
                  duration(tried.tookMs / 1000)
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
