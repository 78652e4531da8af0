/** Money from micro-dollars: pure, so that what a person reads as a price is tested without a browser. */
import type { IMoney } from './api';

const MICROS = 1_000_000;

/** What was spent by now: the last known sum, counted on at the last known rate. */
export function spentNow(
  money: IMoney,
  asOf: number,
  elapsedS: number
): number {
  const since = Math.max(0, asOf - money.as_of) + Math.max(0, elapsedS);
  return money.spent_micros + (money.micros_per_hour * since) / 3600;
}

/** "$0.0123" below a dollar, "$1.84" from there on: as many digits as move while one looks. */
export function dollars(micros: number): string {
  const usd = micros / MICROS;
  if (micros === 0) {
    return '$0.00';
  }
  return `$${grouped(usd.toFixed(Math.abs(usd) < 1 ? 4 : 2))}`;
}

/** "$0.085": a price has two to four decimals, without zeros that say nothing. */
export function price(micros: number): string {
  const [whole, decimals] = (micros / MICROS).toFixed(4).split('.');
  return `$${grouped(whole)}.${decimals.replace(/0{1,2}$/, '')}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',');
}

/** What was spent since midnight UTC, counted on likewise. */
export function todayNow(
  money: IMoney,
  asOf: number,
  elapsedS: number
): number {
  const counted = spentNow(money, asOf, elapsedS) - money.spent_micros;
  return money.today_micros + counted;
}
