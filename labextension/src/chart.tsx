/** Pictures of numbers, in plain SVG: bands, ticks and a line need no chart library, follow the theme, and print. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { duration, money } from './figures';
import { chart, HEIGHT, IBandShape, Kind, ROWS, WIDTH } from './timeline';
import type { IJobView, ITimelineView } from './wire';
import { clockTime } from './words';

/** Requests a minute of the last half hour; what it shows is said in words beside it. */
export function Sparkline(props: {
  job: IJobView;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { job, trans } = props;
  const { history } = job.traffic;
  const most = Math.max(...history);
  if (history.length === 0 || most === 0) {
    return null;
  }
  const label = trans.__(
    'requests a minute in the last %1 minutes: at most %2, %3 now',
    history.length,
    most,
    history.at(-1)!
  );
  return (
    <svg
      className="aibro-Sparkline"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${4 * history.length} 24`}
      preserveAspectRatio="none"
    >
      <title>{label}</title>
      {history.map((count, index) => {
        const height = count === 0 ? 1 : Math.max(2, (22 * count) / most);
        return (
          <rect
            key={index}
            x={4 * index}
            y={24 - height}
            width={3}
            height={height}
            data-zero={count === 0 || undefined}
          />
        );
      })}
    </svg>
  );
}

/** Seconds of a picture in which minutes alone would repeat themselves. */
const SHORT_S = 600;

/** Standby and cooling as bands, requests as ticks, money as a line: the reference's case study, of this very job. */
export function TimelineChart(props: {
  seen: ITimelineView;
  trans: TranslationBundle;
}): JSX.Element {
  const { seen, trans } = props;
  const drawn = React.useMemo(() => chart(seen), [seen]);
  const isShort = seen.to_at - seen.from_at < SHORT_S;
  const { requests, spentMicros, servedS, wakes } = drawn.totals;
  const label = trans.__(
    'From %1 to %2: standby served %3, cooling %4 in %5 stretches, %6 requests, %7',
    clockTime(seen.from_at),
    clockTime(seen.to_at),
    duration(servedS.standby),
    duration(servedS.cooling),
    wakes,
    requests,
    money(spentMicros)
  );
  return (
    <figure className="aibro-Timeline">
      <div className="aibro-Timeline-rows">
        <ul aria-hidden="true">
          <li style={{ top: `${ROWS.standby.y}%` }}>{trans.__('standby')}</li>
          <li style={{ top: `${ROWS.cooling.y}%` }}>{trans.__('cooling')}</li>
          <li style={{ top: `${ROWS.requests.y + 4}%` }}>
            {trans.__('requests')}
          </li>
          <li style={{ top: `${ROWS.money.y + 8}%` }}>{trans.__('money')}</li>
        </ul>
        <svg
          role="img"
          aria-label={label}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
        >
          {(['standby', 'cooling'] as const).map(role => (
            <rect
              key={role}
              className="aibro-Timeline-ground"
              x={0}
              width={WIDTH}
              {...ROWS[role]}
            />
          ))}
          {drawn.bands.map(band => (
            <rect
              key={band.key}
              className="aibro-Timeline-band"
              data-kind={band.kind}
              data-role={band.role}
              data-spot={band.spot || undefined}
              x={band.x}
              width={band.width}
              {...ROWS[band.role]}
            >
              <title>{bandTitle(band, trans)}</title>
            </rect>
          ))}
          {drawn.ticks.map((tick, index) => (
            <rect
              key={index}
              className="aibro-Timeline-tick"
              x={tick.x}
              width={tick.width}
              y={ROWS.requests.y + ROWS.requests.height - tick.height}
              height={tick.height}
            >
              <title>{trans._n('%1 request', '%1 requests', tick.count)}</title>
            </rect>
          ))}
          <polygon className="aibro-Timeline-area" points={drawn.area} />
          <polyline className="aibro-Timeline-money" points={drawn.line} />
        </svg>
        <span className="aibro-Timeline-sum" aria-hidden="true">
          {money(spentMicros)}
        </span>
      </div>
      <div className="aibro-Timeline-axis" aria-hidden="true">
        {[seen.from_at, (seen.from_at + seen.to_at) / 2, seen.to_at].map(at => (
          <span key={at}>{clockTime(at, isShort)}</span>
        ))}
      </div>
      <figcaption>
        {(['serving', 'waking', 'asleep'] as const).map(kind => (
          <span key={kind} data-kind={kind}>
            {kindName(kind, trans)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function bandTitle(band: IBandShape, trans: TranslationBundle): string {
  const market = band.spot ? trans.__('spot') : trans.__('on demand');
  const length = duration(band.toAt - band.fromAt);
  return `${band.role}: ${kindName(band.kind, trans)} · ${market} · ${length}`;
}

function kindName(kind: Kind, trans: TranslationBundle): string {
  switch (kind) {
    case 'serving':
      return trans.__('serving');
    case 'asleep':
      return trans.__('asleep');
    case 'closing':
      return trans.__('closing');
    default:
      return trans.__('starting');
  }
}
