/** From a job's timeline to shapes in a box of 300 x 100 units: pure geometry, drawn by chart.tsx. */
import type { ITimelineView } from './wire';

export const WIDTH = 300;
export const ROWS = {
  standby: { y: 2, height: 14 },
  cooling: { y: 20, height: 14 },
  requests: { y: 40, height: 20 },
  money: { y: 66, height: 32 }
} as const;
export const HEIGHT = 100;

const MINUTE_S = 60;

export type Kind = 'serving' | 'waking' | 'asleep' | 'closing';

export interface IBandShape {
  key: string;
  role: 'standby' | 'cooling';
  kind: Kind;
  spot: boolean;
  x: number;
  width: number;
  fromAt: number;
  toAt: number;
}

export interface IChart {
  bands: IBandShape[];
  ticks: { x: number; width: number; height: number; count: number }[];
  /** Points of the money line, and of the area below it. */
  line: string;
  area: string;
  totals: {
    requests: number;
    spentMicros: number;
    servedS: Record<'standby' | 'cooling', number>;
    wakes: number;
  };
}

const KINDS: Record<string, Kind> = {
  SERVING: 'serving',
  STOPPED: 'asleep',
  STOPPING: 'closing',
  TERMINATING: 'closing'
};

export function chart(seen: ITimelineView): IChart {
  const span = Math.max(1, seen.to_at - seen.from_at);
  const x = (at: number): number =>
    (WIDTH * Math.min(span, Math.max(0, at - seen.from_at))) / span;
  const bands = seen.bands
    .filter(band => band.phase !== 'TERMINATED')
    .map((band, index) => {
      const toAt = band.to_at ?? seen.to_at;
      return {
        key: `${band.instance_id}-${index}`,
        role: band.role,
        kind: KINDS[band.phase] ?? 'waking',
        spot: band.market === 'spot',
        x: x(band.from_at),
        // A wake of seconds in a day would be too thin to see.
        width: Math.max(0.8, x(toAt) - x(band.from_at)),
        fromAt: Math.max(band.from_at, seen.from_at),
        toAt
      };
    });
  const money = moneyLine(seen, x);
  return {
    bands,
    ticks: ticks(seen, x, span),
    ...money,
    totals: totals(seen, bands)
  };
}

function ticks(
  seen: ITimelineView,
  x: (at: number) => number,
  span: number
): IChart['ticks'] {
  const busiest = Math.max(1, ...seen.requests.map(tick => tick.count));
  const gap = Math.min(0.4, (WIDTH * 6) / span);
  return seen.requests
    .filter(tick => tick.count > 0)
    .map(tick => ({
      x: x(tick.at),
      width: Math.max(0.8, x(tick.at + MINUTE_S) - x(tick.at) - gap),
      height: Math.max(
        2,
        // Ten times as many requests are not ten times as tall: a single one stays visible.
        (ROWS.requests.height * Math.log1p(tick.count)) / Math.log1p(busiest)
      ),
      count: tick.count
    }));
}

function moneyLine(
  seen: ITimelineView,
  x: (at: number) => number
): { line: string; area: string } {
  const { y, height } = ROWS.money;
  const first = seen.money[0]?.micros ?? 0;
  const most = (seen.money.at(-1)?.micros ?? 0) - first;
  const points = seen.money.map(point => {
    const part = most > 0 ? (point.micros - first) / most : 0;
    return `${x(point.at).toFixed(1)},${(y + height * (1 - part)).toFixed(1)}`;
  });
  const line = points.join(' ');
  const bottom = y + height;
  const from = points[0]?.split(',')[0] ?? '0';
  const to = points.at(-1)?.split(',')[0] ?? '0';
  return {
    line,
    area: points.length > 1 ? `${from},${bottom} ${line} ${to},${bottom}` : ''
  };
}

function totals(seen: ITimelineView, bands: IBandShape[]): IChart['totals'] {
  const servedS = { standby: 0, cooling: 0 };
  for (const band of bands) {
    if (band.kind === 'serving') {
      servedS[band.role] += band.toAt - band.fromAt;
    }
  }
  return {
    requests: seen.requests.reduce((sum, tick) => sum + tick.count, 0),
    spentMicros:
      (seen.money.at(-1)?.micros ?? 0) - (seen.money[0]?.micros ?? 0),
    servedS,
    wakes: bands.filter(
      band => band.role === 'cooling' && band.kind === 'serving'
    ).length
  };
}
