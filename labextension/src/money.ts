/** Money between two polls: counted on as aibro_jupyter/protocol/money.py says, held to the same examples. */
import type { IMoneyView } from './wire';

const DAY_S = 86_400;

/** What came on top of a sum by a moment: nothing while a start's minimum runs, never less than nothing. */
export function accrued(
  money: Pick<IMoneyView, 'accruals' | 'as_of'>,
  at: number
): number {
  return money.accruals.reduce(
    (sum, one) =>
      sum +
      (one.micros_per_hour *
        Math.max(0, at - Math.max(one.from_at, money.as_of))) /
        3600,
    0
  );
}

/** What was spent by a moment, by control's clock. */
export function spentNow(money: IMoneyView, at: number): number {
  return money.spent_micros + accrued(money, at);
}

/** What was spent since midnight UTC, counted on likewise. */
export function todayNow(money: IMoneyView, at: number): number {
  return money.today_micros + accrued(money, at);
}

/** Whether a start's minimum still runs. */
export function starting(money: IMoneyView, at: number): boolean {
  return money.accruals.some(one => one.from_at > at);
}

/** Whether the sums say something beside each other. */
export function comparable(money: IMoneyView, at: number): boolean {
  return money.comparable_from !== null && at >= money.comparable_from;
}

/** Remembers what was shown: an instance's end is known later than it was, but a shown sum never falls. */
export class Rising {
  /** The sum to show under a key: what it is, or what it was when that was more. */
  of(key: string, micros: number): number {
    const risen = Math.max(micros, this._shown.get(key) ?? 0);
    this._shown.set(key, risen);
    return risen;
  }

  /** Likewise for a sum that begins anew at midnight UTC. */
  today(key: string, money: IMoneyView, micros: number): number {
    return this.of(`${key} ${Math.floor(money.as_of / DAY_S)}`, micros);
  }

  private _shown = new Map<string, number>();
}
