import { expect, it } from 'vitest';
// @ts-expect-error the panel in a cell is plain JavaScript
import * as cell from '../../../aibro_jupyter/jupyter/static/panel.js';
import { Rising, spentNow, todayNow } from '../money';
import { money } from './fake';

it('counts on at the rate since the money was reckoned', () => {
  const hourly = money({
    spent_micros: 100,
    as_of: 50,
    accruals: [{ from_at: 50, micros_per_hour: 3600 }]
  });
  expect(spentNow(hourly, 65)).toBe(115);
  expect(todayNow({ ...hourly, today_micros: 40 }, 65)).toBe(55);
});

it('counts nothing on while a minimum runs, however long nothing else changes', () => {
  const begun = money({
    spent_micros: 60,
    as_of: 50,
    accruals: [{ from_at: 110, micros_per_hour: 3600 }]
  });
  expect([50, 109, 110, 111].map(at => spentNow(begun, at))).toEqual([
    60, 60, 60, 61
  ]);
});

it('never counts back when clocks disagree', () => {
  expect(spentNow(money({ spent_micros: 7, as_of: 99 }), 50)).toBe(7);
});

it('shows no less than it showed, but begins a day anew', () => {
  const risen = new Rising();
  const inCell = cell.rising();
  for (const show of [
    (key: string, micros: number) => risen.of(key, micros),
    inCell
  ]) {
    expect([5, 4, 6].map(micros => show('a', micros))).toEqual([5, 5, 6]);
    expect(show('b', 1)).toBe(1);
  }
  expect(risen.today('a', money({ as_of: 86_399 }), 9)).toBe(9);
  expect(risen.today('a', money({ as_of: 86_400 }), 0)).toBe(0);
});
