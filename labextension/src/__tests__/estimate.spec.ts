import { expect, it } from 'vitest';
import { estimate, IWish, magic, size } from '../estimate';
import { monthly } from '../figures';
import { machine } from './fake';

const small = machine();
const strong = { ...small, gpu: '1 x T4', micros_per_hour: 1_200_000 };
const wish: IWish = {
  function: 'predict',
  name: '',
  sample: '',
  machine: '',
  cooling: '',
  coolDown: '10m',
  clients: [],
  budgetPerDay: ''
};

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

it('writes the line that a person would type', () => {
  expect(magic(wish)).toBe('%aibro deploy predict');
  expect(
    magic({
      ...wish,
      name: 'iris',
      sample: 'X[["a", "b"]][:5]',
      machine: 'c5.large.od',
      cooling: 'g4dn.4xlarge.od',
      clients: ['ana', 'bob'],
      budgetPerDay: '5'
    })
  ).toBe(
    `%aibro deploy predict --name iris --sample 'X[["a", "b"]][:5]' --machine c5.large.od ` +
      '--cooling g4dn.4xlarge.od --cool-down 10m --mint ana bob --budget-per-day 5'
  );
});
