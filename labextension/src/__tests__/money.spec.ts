import { expect, it } from 'vitest';
import { spentNow, todayNow } from '../money';
import { money } from './fake';

it('counts on at the rate since the money was reckoned', () => {
  const hourly = money({ spent_micros: 100, micros_per_hour: 3600, as_of: 50 });
  expect(spentNow(hourly, 60, 5)).toBe(115);
  expect(todayNow({ ...hourly, today_micros: 40 }, 60, 5)).toBe(55);
});

it('never counts back when clocks disagree', () => {
  expect(spentNow(money({ spent_micros: 7, as_of: 99 }), 50, -3)).toBe(7);
});
