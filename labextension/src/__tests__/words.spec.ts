import { expect, it } from 'vitest';
import {
  access,
  condition,
  cost,
  machineLines,
  machineName,
  masked,
  shortUrl
} from '../words';
import { instance, job, money, trans } from './fake';

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
  expect(cost(of, 1000, 0, trans)).toBe(said);
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

it.each([
  ['team-a-3f9c0b7d21', 'team-a-••••'],
  ['team-alpha-7f3a', 'te••••'],
  ['bob', 'b••••'],
  ['a', '••••']
])('shows %s as %s', (clientId, shown) => {
  expect(masked(clientId)).toBe(shown);
});

it('says when this computer stands in for a machine', () => {
  const here = instance();
  const away = instance({ on: 'aws', market: 'spot' });
  expect(machineName({ ...here, instance: here }, trans)).toBe(
    'stands in for c5.large'
  );
  expect(machineName({ ...away, instance: away }, trans)).toBe('c5.large spot');
});
