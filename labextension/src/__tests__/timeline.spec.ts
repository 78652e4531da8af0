import { expect, it } from 'vitest';
import { chart, HEIGHT, WIDTH } from '../timeline';
import type { Market, Phase, Role } from '../wire';

const seen = {
  from_at: 0,
  to_at: 600,
  bands: [
    ['standby', 's', 'SERVING', 'spot', 0, null],
    ['cooling', 'c', 'CONNECTING', 'od', 100, 150],
    ['cooling', 'c', 'SERVING', 'od', 150, 450],
    ['cooling', 'c', 'STOPPED', 'od', 450, null],
    ['cooling', 'x', 'TERMINATED', 'od', 450, null]
  ].map(([role, instance_id, phase, market, from_at, to_at]) => ({
    role: role as Role,
    instance_id: instance_id as string,
    phase: phase as Phase,
    market: market as Market,
    from_at: from_at as number,
    to_at: to_at as number | null
  })),
  requests: [
    { at: 0, count: 0 },
    { at: 120, count: 1 },
    { at: 180, count: 50 }
  ],
  money: [
    { at: 0, micros: 1000 },
    { at: 300, micros: 2000 },
    { at: 600, micros: 5000 }
  ]
};

it('lays bands, ticks and money into the box', () => {
  const drawn = chart(seen);
  expect(drawn.bands.map(band => [band.kind, band.x, band.width])).toEqual([
    ['serving', 0, WIDTH],
    ['waking', 50, 25],
    ['serving', 75, 150],
    ['asleep', 225, 75]
  ]);
  expect(drawn.ticks.map(tick => tick.count)).toEqual([1, 50]);
  expect(drawn.line).toBe(`0.0,98.0 150.0,90.0 ${WIDTH}.0,66.0`);
  expect(drawn.totals).toEqual({
    requests: 51,
    spentMicros: 4000,
    servedS: { standby: 600, cooling: 300 },
    wakes: 1
  });
});

it('stays in the box whatever comes', () => {
  const drawn = chart({ ...seen, from_at: 140, to_at: 160 });
  for (const band of drawn.bands) {
    expect(band.x).toBeGreaterThanOrEqual(0);
    expect(band.x).toBeLessThanOrEqual(WIDTH);
  }
  expect(chart({ ...seen, money: [], requests: [], bands: [] }).line).toBe('');
  expect(HEIGHT).toBe(100);
});

it('cuts a minute that began before the picture or ends after it', () => {
  const drawn = chart({
    ...seen,
    from_at: 590,
    to_at: 600,
    requests: [{ at: 580, count: 3 }]
  });
  expect(drawn.ticks[0].x + drawn.ticks[0].width).toBeLessThanOrEqual(WIDTH);
});
