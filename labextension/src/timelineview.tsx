/** The timeline below a card, over a span that one chooses. */
import * as React from 'react';
import { TimelineChart } from './chart';
import type { ApiError } from './errors';
import type { ISectionProps } from './section';
import type { ITimelineView } from './wire';

const SPANS = [1, 6, 24, 168];
const REDRAW_MS = 5000;

export function Timeline(props: ISectionProps): JSX.Element {
  const { job, model, trans } = props;
  const ageH = (model.now - job.created_at) / 3600;
  const [hours, setHours] = React.useState(
    SPANS.find(span => span >= ageH) ?? 168
  );
  const [seen, setSeen] = React.useState<ITimelineView | null>(null);
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
function trimmed(seen: ITimelineView, createdAt: number): ITimelineView {
  return { ...seen, from_at: Math.max(seen.from_at, createdAt) };
}
