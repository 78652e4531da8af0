/** Money between two polls: counted on at the last known rate. */
import type { IMoneyView } from './wire';

/** What was spent by now: the last known sum, counted on at the last known rate. */
export function spentNow(
  money: IMoneyView,
  asOf: number,
  elapsedS: number
): number {
  const since = Math.max(0, asOf - money.as_of) + Math.max(0, elapsedS);
  return money.spent_micros + (money.micros_per_hour * since) / 3600;
}

/** What was spent since midnight UTC, counted on likewise. */
export function todayNow(
  money: IMoneyView,
  asOf: number,
  elapsedS: number
): number {
  const counted = spentNow(money, asOf, elapsedS) - money.spent_micros;
  return money.today_micros + counted;
}
