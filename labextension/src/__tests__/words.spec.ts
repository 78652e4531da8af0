import { expect, it } from 'vitest';
import {
  access,
  budgetWarning,
  comparison,
  minimum,
  told,
  traffic,
  used,
  wake as wakeWords,
  condition,
  cost,
  machineLines,
  machineName,
  shortUrl
} from '../words';
import { instance, job, money, trans, wake } from './fake';

it.each([
  [{}, 'always on · serving'],
  [{ in_flight: 2 }, 'always on · answering 2'],
  [{ role: 'cooling' }, 'awake · sleeps when nobody asks'],
  [{ role: 'cooling', phase: 'STOPPED' }, 'asleep · wakes on a request'],
  [{ role: 'cooling', phase: 'STOPPING' }, 'going to sleep'],
  [{ phase: 'TERMINATING' }, 'closing'],
  [{ phase: 'CONNECTING' }, 'starting'],
  [{ role: 'cooling', phase: 'REQUESTING' }, 'waking'],
  [
    {
      phase: 'GEARING_UP',
      progress: { text: 'numpy', done: 3, total: 7, unit: 'packages' }
    },
    'numpy · 3/7 packages'
  ]
])('an instance %j reads "%s"', (over, said) => {
  const one = instance(over as object);
  const line = { role: one.role, machine: one.machine, instance: one };
  expect(condition(line, trans)).toBe(said);
});

it('shows a cooling machine that was never launched as asleep', () => {
  const configured = job();
  configured.versions[0].spec.machines.cooling = 'g4dn.4xlarge';
  const lines = machineLines(configured);
  expect(lines.map(line => line.machine)).toEqual(['c5.large', 'g4dn.4xlarge']);
  expect(condition(lines[1], trans)).toBe('asleep · wakes on a request');
});

it.each([
  [money(), 'this computer: $0.00 · on AWS: $0.0123 so far, $0.085/h'],
  [money({ simulated: false }), '$0.0123 so far, $0.085/h'],
  [
    money({ micros_per_hour: 0 }),
    'this computer: $0.00 · on AWS: $0.0123 in all'
  ],
  [
    money({ simulated: false, unknown: true }),
    'at least $0.0123 so far, $0.085/h'
  ]
])('money %#', (of, said) => {
  expect(cost(of, of.spent_micros, trans)).toBe(said);
});

it('says loudly that anybody can call a public job', () => {
  expect(access(job(), 'this computer', trans)).toContain(
    'public: anyone there can call'
  );
  expect(
    access(job({ public: false, clients: 2 }), 'this network', trans)
  ).toBe('reach: this network · 2 clients may call');
});

it('leaves the host to the footer', () => {
  expect(shortUrl(job().url)).toBe('…/v1/ana/public/iris/predict');
});

it('says when this computer stands in for a machine', () => {
  const here = instance();
  const away = instance({ on: 'aws', market: 'spot' });
  expect(machineName({ ...here, instance: here }, trans)).toBe(
    'stands in for c5.large'
  );
  expect(machineName({ ...away, instance: away }, trans)).toBe('c5.large spot');
});

it('explains a wake in its parts', () => {
  expect(wakeWords(wake(), trans)).toMatch(
    /^last wake \d\d:\d\d: machine 21 s \+ environment 400 ms \+ load 14 s \+ answer 3 s$/
  );
  expect(
    wakeWords(wake({ state: 'waking', load_s: null, answer_s: null }), trans)
  ).toMatch(/^waking since .*: machine 21 s \+ environment 400 ms$/);
  expect(
    wakeWords(wake({ state: 'failed', why: 'no capacity\nmore' }), trans)
  ).toMatch(/^failed to wake .* · no capacity$/);
});

it('says how long a wake will take when one was seen', () => {
  const slept = job({
    instances: [instance({ role: 'cooling', phase: 'STOPPED' })],
    wakes: [wake()]
  });
  expect(condition(machineLines(slept)[0], trans)).toBe(
    'asleep · wakes on a request · ~38 s'
  );
  slept.cooling_off = true;
  expect(condition(machineLines(slept)[0], trans)).toBe(
    'off · the standby answers alone'
  );
});

it('counts traffic in one line', () => {
  const busy = job();
  Object.assign(busy.traffic, {
    requests: 240,
    per_minute: 12,
    p50_ms: 18.2,
    p99_ms: 240
  });
  expect(traffic(busy, trans)).toBe(
    '12/min · p50 18 ms · p99 240 ms · 240 requests · 0 errors'
  );
});

it('compares with always-on only where that is more', () => {
  expect(comparison(money(), 1000, trans)).toBe('');
  const more = money({ always_on_micros: 18_060_000 });
  expect(comparison(more, 1000, trans)).toBe(
    'always-on cooling would be $18.06 by now'
  );
  expect(comparison(more, 899, trans)).toBe('too early to compare');
  const ended = { ...more, comparable_from: null };
  expect(comparison(ended, 9999, trans)).toBe('too early to compare');
});

it('explains a minimum while it runs', () => {
  const begun = money({
    accruals: [{ from_at: 1060, micros_per_hour: 85_000 }]
  });
  expect(minimum(begun, 1059, trans)).toBe(
    'a start is billed for at least 60 s'
  );
  expect(minimum(begun, 1060, trans)).toBe('');
});

it('measures a budget by the day before the whole', () => {
  const budget = {
    per_day_micros: 5_000_000,
    stop_micros: 100_000_000,
    today_micros: 1_840_000,
    spent_micros: 9_000_000,
    state: 'ok',
    until: null,
    notify: ''
  };
  expect(used(budget)).toEqual({ part: 0.368, of: 5_000_000 });
  expect(used({ ...budget, per_day_micros: null })!.part).toBe(0.09);
  expect(used({ ...budget, per_day_micros: null, stop_micros: null })).toBe(
    null
  );
  expect(budgetWarning({ ...budget, state: 'degraded' }, trans)).toContain(
    'the standby goes on'
  );
});

it('parts what happened from the lines below it', () => {
  expect(told('ValueError: no\n  File "x"\n  y = 1/0')).toEqual({
    head: 'ValueError: no',
    lines: 'File "x"\n  y = 1/0'
  });
});
