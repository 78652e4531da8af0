/** Figures as people read them: the rules are those of aibro_jupyter/figures.py, the examples tests/figures.json. */

const MICROS = 1_000_000;
const HOURS_A_MONTH = 730;
const UNKNOWN = 'unknown';

/** Micro-dollars as "$1.84": cents, but ten-thousandths below ten cents, where cents would hide them. */
export function money(micros: number): string {
  const amount = Math.abs(micros);
  const small = rounded(amount / 100);
  const places = small > 0 && small < 1000 ? 4 : 2;
  return `${micros < 0 ? '-' : ''}$${decimals(amount / MICROS, places)}`;
}

/** Micro-dollars an hour as "$0.085/h": two to four decimals, as many as say something. */
export function hourly(micros: number | null): string {
  return micros === null
    ? UNKNOWN
    : `$${decimals(micros / MICROS, 4).replace(/0{1,2}$/, '')}/h`;
}

/** What a rate in micro-dollars an hour comes to in a month of 730 hours: "$62/month". */
export function monthly(microsPerHour: number | null): string {
  return microsPerHour === null
    ? UNKNOWN
    : `$${decimals((microsPerHour * HOURS_A_MONTH) / MICROS, 0)}/month`;
}

/** Seconds in the unit that fits, from an hour on in two: "18 ms", "6.2 s", "10 min", "3 d 4 h". */
export function duration(seconds: number): string {
  if (rounded(seconds * 10_000) > 0 && rounded(seconds * 1000) < 1000) {
    return `${short(seconds * 1000)} ms`;
  }
  const whole = rounded(seconds);
  if (whole < 90) {
    return `${short(seconds)} s`;
  }
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(whole / 3600);
  const days = Math.floor(whole / 86400);
  if (hours < 1) {
    return `${minutes} min`;
  }
  return days < 1
    ? `${hours} h ${minutes % 60} min`
    : `${days} d ${hours % 24} h`;
}

/** How long something has been, in whole seconds; two clocks that disagree make no negative one. */
export function age(seconds: number): string {
  return duration(Math.max(0, Math.floor(seconds)));
}

/** Mebibytes as "118 MiB", from 1024 on as "15.25 GiB". */
export function memory(mib: number): string {
  return rounded(mib) < 1024
    ? `${rounded(mib)} MiB`
    : `${decimals(mib / 1024, 2).replace(/\.?0+$/, '')} GiB`;
}

/** A share, 1 being the whole, as "37 %". */
export function percent(part: number): string {
  return `${rounded(100 * part)} %`;
}

/** How often something happens a minute: "0.4/min", "12/min". */
export function perMinute(count: number): string {
  return `${short(count)}/min`;
}

// Halves are rounded up on both sides; `toFixed` would not always.
function rounded(value: number): number {
  return Math.floor(value + 0.5);
}

/** A decimal below ten where it says something, else the whole number. */
function short(value: number): string {
  const tenths = rounded(value * 10);
  return tenths < 100 && tenths % 10
    ? `${Math.floor(tenths / 10)}.${tenths % 10}`
    : String(rounded(value));
}

function decimals(value: number, places: number): string {
  const scale = 10 ** places;
  return (rounded(value * scale) / scale).toLocaleString('en-US', {
    minimumFractionDigits: places,
    maximumFractionDigits: places
  });
}
