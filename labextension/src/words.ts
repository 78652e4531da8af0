/** What the panel says of instances and URLs, in one place: pure functions of what control reported. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { duration, hourly, money as dollars, perMinute } from './figures';
import { comparable, starting } from './money';
import type {
  IBudgetView,
  IInstanceView,
  IJobView,
  IMoneyView,
  IWakeView
} from './wire';

/** One line of a card: a configured machine, and the instance that stands for it, if there is one. */
export interface IMachineLine {
  role: 'standby' | 'cooling';
  machine: string;
  instance: IInstanceView | null;
  /** About how long a wake takes. */
  wakeS?: number | null;
  /** Switched off: no request wakes it. */
  off?: boolean;
}

/** The instances of a job, and the cooling machine that was never launched: it is asleep, not absent. */
export function machineLines(job: IJobView): IMachineLine[] {
  const known = { wakeS: expectedWakeS(job), off: job.cooling_off };
  const lines: IMachineLine[] = job.instances.map(instance => ({
    role: instance.role,
    machine: instance.machine,
    instance,
    ...known
  }));
  const cooling = job.versions[0]?.spec.machines.cooling;
  if (cooling && !lines.some(line => line.role === 'cooling')) {
    lines.push({ role: 'cooling', machine: cooling, instance: null, ...known });
  }
  return lines.sort(
    (a, b) => Number(a.role === 'cooling') - Number(b.role === 'cooling')
  );
}

/** "always on · serving", "asleep · wakes on a request": the machine in a person's words. */
export function condition(
  line: IMachineLine,
  trans: TranslationBundle
): string {
  const { role, instance } = line;
  const asleep = line.off
    ? trans.__('off · the standby answers alone')
    : line.wakeS
      ? trans.__('asleep · wakes on a request · ~%1', duration(line.wakeS))
      : trans.__('asleep · wakes on a request');
  switch (instance?.phase) {
    case undefined:
    case 'STOPPED':
    case 'TERMINATED':
      return role === 'cooling' ? asleep : trans.__('not running');
    case 'SERVING':
      return serving(role, instance!, trans);
    case 'STOPPING':
      return trans.__('going to sleep');
    case 'TERMINATING':
      return trans.__('closing');
    default:
      return launching(instance!, trans);
  }
}

/** "stands in for c5.large" on this computer, "g4dn.4xlarge spot" elsewhere. */
export function machineName(
  line: IMachineLine,
  trans: TranslationBundle
): string {
  const { instance } = line;
  const machine =
    instance?.market === 'spot'
      ? trans.__('%1 spot', line.machine)
      : line.machine;
  return instance?.on === 'here'
    ? trans.__('stands in for %1', machine)
    : machine;
}

function serving(
  role: string,
  instance: IInstanceView,
  trans: TranslationBundle
): string {
  const busy = instance.in_flight;
  if (role === 'standby') {
    return busy
      ? trans._n('always on · answering 1', 'always on · answering %1', busy)
      : trans.__('always on · serving');
  }
  return busy
    ? trans._n('awake · answering 1', 'awake · answering %1', busy)
    : trans.__('awake · sleeps when nobody asks');
}

function launching(instance: IInstanceView, trans: TranslationBundle): string {
  const { text, done, total, unit } = instance.progress;
  const counted = total > 0 ? `${done}/${total} ${unit}` : '';
  return (
    [text, counted].filter(part => part.trim()).join(' · ') ||
    (instance.role === 'cooling' ? trans.__('waking') : trans.__('starting'))
  );
}

/** What was spent by now: "this computer: $0.00 · on AWS: $0.0123 so far, $0.085/h" */
export function cost(
  money: IMoneyView,
  micros: number,
  trans: TranslationBundle
): string {
  const spent = dollars(micros);
  const sum = money.unknown ? trans.__('at least %1', spent) : spent;
  const soFar =
    money.micros_per_hour > 0
      ? trans.__('%1 so far, %2', sum, hourly(money.micros_per_hour))
      : trans.__('%1 in all', sum);
  return money.simulated
    ? trans.__('this computer: $0.00 · on AWS: %1', soFar)
    : soFar;
}

/** What an ended job came to: "on AWS $0.0123" where that was never paid. */
export function total(money: IMoneyView, trans: TranslationBundle): string {
  const spent = dollars(money.spent_micros);
  return money.simulated ? trans.__('on AWS %1', spent) : spent;
}

/** Who may call: a public job says so loudly, for anybody who reaches the URL can. */
export function access(
  job: IJobView,
  reach: string,
  trans: TranslationBundle
): string {
  return job.public
    ? trans.__('reach: %1 · public: anyone there can call', reach)
    : trans._n(
        'reach: %2 · %1 client may call',
        'reach: %2 · %1 clients may call',
        job.clients,
        reach
      );
}

/** A URL without its host, which the footer names: what differs between jobs is the path. */
export function shortUrl(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/, '…');
}

/** "last wake 14:02: machine 21 s + environment 400 ms + load 14 s + answer 3 s" */
export function wake(one: IWakeView, trans: TranslationBundle): string {
  const at = clockTime(one.at);
  const failed = one.state === 'failed';
  const head = failed
    ? trans.__('failed to wake %1', at)
    : one.state === 'waking'
      ? trans.__('waking since %1', at)
      : trans.__('last wake %1', at);
  const parts: [string, number | null][] = [
    [trans.__('machine'), one.provision_s],
    [trans.__('environment'), one.environment_s],
    [trans.__('load'), one.load_s],
    [trans.__('answer'), one.answer_s]
  ];
  const known = parts
    // What took no time at all explains nothing: an environment that was there already, say.
    .filter(([, seconds]) => seconds !== null && seconds >= 0.05)
    .map(([name, seconds]) => `${name} ${duration(seconds!)}`);
  const told = known.length > 0 ? `: ${known.join(' + ')}` : '';
  return head + told + (failed && one.why ? ` · ${firstLine(one.why)}` : '');
}

/** About how long the next wake takes, by the last ones; null: nobody knows yet. */
export function expectedWakeS(job: IJobView): number | null {
  const took = job.wakes
    .filter(one => one.state === 'done' && one.total_s !== null)
    .sort(
      (a, b) => Number(b.role === 'cooling') - Number(a.role === 'cooling')
    );
  return took[0]?.total_s ?? null;
}

/** "12/min · p50 18 ms · p99 240 ms · 0 errors" */
export function traffic(job: IJobView, trans: TranslationBundle): string {
  const { requests, errors, per_minute, p50_ms, p99_ms } = job.traffic;
  const parts = [perMinute(per_minute)];
  if (p50_ms !== null) {
    parts.push(trans.__('p50 %1', duration(p50_ms / 1000)));
  }
  if (p99_ms !== null) {
    parts.push(trans.__('p99 %1', duration(p99_ms / 1000)));
  }
  parts.push(
    trans._n('%1 request', '%1 requests', requests),
    trans._n('%1 error', '%1 errors', errors)
  );
  return parts.join(' · ');
}

/** How much of the nearest limit is used: of the day's budget before that of the whole. */
export function used(budget: IBudgetView): { part: number; of: number } | null {
  const day = budget.per_day_micros;
  const stop = budget.stop_micros;
  if (day !== null && day > 0) {
    return { part: budget.today_micros / day, of: day };
  }
  return stop !== null && stop > 0
    ? { part: budget.spent_micros / stop, of: stop }
    : null;
}

/** What the state of a budget means for the API; empty while all is well. */
export function budgetWarning(
  budget: IBudgetView,
  trans: TranslationBundle
): string {
  switch (budget.state) {
    case 'near':
      return trans.__('budget nearly used up');
    case 'degraded':
      return trans.__('budget used up: cooling is off, the standby goes on');
    case 'stopped':
      return trans.__('budget used up: the job is ended');
    default:
      return '';
  }
}

/** Why the sum is more than time and rate make, while a start's minimum runs. */
export function minimum(
  money: IMoneyView,
  at: number,
  trans: TranslationBundle
): string {
  return starting(money, at)
    ? trans.__('a start is billed for at least %1', duration(money.minimum_s))
    : '';
}

/** What else it could have cost by now, where that is more: why standby and cooling are worth it. */
export function comparison(
  money: IMoneyView,
  at: number,
  trans: TranslationBundle
): string {
  if (!comparable(money, at)) {
    return trans.__('too early to compare');
  }
  const { spent_micros: spent, always_on_micros: always } = money;
  if (always > spent * 1.01) {
    return trans.__('always-on cooling would be %1 by now', dollars(always));
  }
  return money.all_on_demand_micros > spent * 1.01
    ? trans.__(
        'all on demand would be %1 by now',
        dollars(money.all_on_demand_micros)
      )
    : '';
}

/** A reason told in lines: what happened, and the lines of a traceback below it. */
export function told(reason: string): { head: string; lines: string } {
  const [head, ...rest] = reason.trim().split('\n');
  return { head, lines: rest.join('\n').trim() };
}

export function firstLine(text: string): string {
  return told(text).head;
}

/** "14:02", in 24 hours for a narrow panel. */
export function clockTime(at: number, withSeconds = false): string {
  return new Date(at * 1000).toLocaleTimeString(undefined, {
    hour12: false,
    hour: '2-digit',
    minute: '2-digit',
    second: withSeconds ? '2-digit' : undefined
  });
}
