import { expect, it } from 'vitest';
import { dollars, price, spentNow } from '../money';
import { money } from './fake';

it.each([
  [0, '$0.00'],
  [12_300, '$0.0123'],
  [999_900, '$0.9999'],
  [1_840_000, '$1.84'],
  [62_560_000, '$62.56'],
  [1_234_567_890, '$1,234.57']
])('%i micro-dollars read %s', (micros, read) => {
  expect(dollars(micros)).toBe(read);
});

it.each([
  [85_000, '$0.085'],
  [10_400, '$0.0104'],
  [3_912_000, '$3.912'],
  [2_000_000, '$2.00'],
  [1_204_123_456, '$1,204.1235']
])('%i micro-dollars an hour read %s', (micros, read) => {
  expect(price(micros)).toBe(read);
});

it('counts on at the rate since the money was reckoned', () => {
  const hourly = money({ spent_micros: 100, micros_per_hour: 3600, as_of: 50 });
  expect(spentNow(hourly, 60, 5)).toBe(115);
});

it('never counts back when clocks disagree', () => {
  expect(spentNow(money({ spent_micros: 7, as_of: 99 }), 50, -3)).toBe(7);
});
