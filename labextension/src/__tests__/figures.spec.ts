import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
// @ts-expect-error the panel in a cell is plain JavaScript
import * as cell from '../../../aibro_jupyter/jupyter/static/panel.js';
import * as figures from '../figures';
import { masked } from '../masking';
import { accrued } from '../money';
import type { IMoneyView } from '../wire';

/** A sum that was reckoned at one moment, counted on to another. */
interface ICounted {
  money: Pick<IMoneyView, 'spent_micros' | 'accruals' | 'as_of'>;
  at: number;
}

type Rule = (value: never) => string;

const examples: Record<string, [never, string][]> = JSON.parse(
  readFileSync(resolve(__dirname, '../../../tests/figures.json'), 'utf8')
);
const sidebar: Record<string, Rule> = {
  money: figures.money,
  hourly: figures.hourly,
  monthly: figures.monthly,
  duration: figures.duration,
  age: figures.age,
  memory: figures.memory,
  percent: figures.percent,
  per_minute: figures.perMinute,
  masked,
  counted: ({ money, at }: ICounted) =>
    figures.money(money.spent_micros + accrued(money, at))
};
const rules: [string, string, Rule][] = [
  ...Object.entries(sidebar).map(([name, rule]): [string, string, Rule] => [
    'sidebar',
    name,
    rule
  ]),
  ['cell', 'money', cell.money],
  ['cell', 'hourly', cell.hourly],
  [
    'cell',
    'counted',
    ({ money, at }: ICounted) =>
      cell.money(money.spent_micros + cell.accrued(money, at))
  ]
];

it.each(rules)('in the %s %s reads as in Python', (_, name, rule) => {
  expect(examples[name].length).toBeGreaterThan(2);
  for (const [value, read] of examples[name]) {
    expect([value, rule(value)]).toEqual([value, read]);
  }
});

it('leaves out what the browser never shows, and nothing else', () => {
  const shown = new Set(rules.map(([, name]) => name));
  expect(Object.keys(examples).filter(name => !shown.has(name))).toEqual([
    'size'
  ]);
});
