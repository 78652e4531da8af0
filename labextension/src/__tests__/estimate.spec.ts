import { expect, it } from 'vitest';
import { estimate, size } from '../estimate';
import { monthly } from '../figures';
import { machine } from './fake';

const small = machine();
const strong = { ...small, gpu: '1 x T4', micros_per_hour: 1_200_000 };

it('reckons an hour on average, by the hours awake a day', () => {
  const alone = estimate({ standby: small, cooling: null, awakeHours: 4 })!;
  expect(monthly(alone.total)).toBe('$62/month');
  const both = estimate({ standby: small, cooling: strong, awakeHours: 6 })!;
  expect(both.cooling).toBe(300_000);
  expect(both.total).toBe(385_000);
  expect(monthly(both.alwaysOn)).toBe('$876/month');
});

it('guesses no price that is not known', () => {
  const unknown = { ...small, micros_per_hour: null };
  const plan = { standby: unknown, cooling: null, awakeHours: 4 };
  expect(estimate(plan)).toBeNull();
  expect(estimate({ ...plan, standby: null })).toBeNull();
});

it('describes a machine', () => {
  expect(size(strong)).toBe('2 vCPU · 4 GiB · 1 x T4');
});
