/** What the panel says of instances and URLs, in one place: pure functions of what control reported. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IInstance, IJob, IMoney } from './api';
import { dollars, price, spentNow } from './money';

/** One line of a card: a configured machine, and the instance that stands for it, if there is one. */
export interface IMachineLine {
  role: 'standby' | 'cooling';
  machine: string;
  instance: IInstance | null;
}

/** The instances of a job, and the cooling machine that was never launched: it is asleep, not absent. */
export function machineLines(job: IJob): IMachineLine[] {
  const lines: IMachineLine[] = job.instances.map(instance => ({
    role: instance.role,
    machine: instance.machine,
    instance
  }));
  const cooling = job.versions[0]?.spec.machines.cooling;
  if (cooling && !lines.some(line => line.role === 'cooling')) {
    lines.push({ role: 'cooling', machine: cooling, instance: null });
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
  const asleep = trans.__('asleep · wakes on a request');
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
  instance: IInstance,
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

function launching(instance: IInstance, trans: TranslationBundle): string {
  const { text, done, total, unit } = instance.progress;
  const counted = total > 0 ? `${done}/${total} ${unit}` : '';
  return (
    [text, counted].filter(part => part.trim()).join(' · ') ||
    (instance.role === 'cooling' ? trans.__('waking') : trans.__('starting'))
  );
}

/** "this computer: $0.00 · on AWS: $0.0123 so far, $0.085/h" */
export function cost(
  money: IMoney,
  asOf: number,
  elapsedS: number,
  trans: TranslationBundle
): string {
  const spent = dollars(spentNow(money, asOf, elapsedS));
  const sum = money.unknown ? trans.__('at least %1', spent) : spent;
  const soFar =
    money.micros_per_hour > 0
      ? trans.__('%1 so far, %2/h', sum, price(money.micros_per_hour))
      : trans.__('%1 in all', sum);
  return money.simulated
    ? trans.__('this computer: $0.00 · on AWS: %1', soFar)
    : soFar;
}

/** What an ended job came to: "on AWS $0.0123" where that was never paid. */
export function total(money: IMoney, trans: TranslationBundle): string {
  const spent = dollars(money.spent_micros);
  return money.simulated ? trans.__('on AWS %1', spent) : spent;
}

/** Who may call: a public job says so loudly, for anybody who reaches the URL can. */
export function access(
  job: IJob,
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

/** A client id as control masks it: the label of a minted one, else its first letters. */
export function masked(clientId: string): string {
  const dash = clientId.lastIndexOf('-');
  const secret = clientId.length - dash - 1;
  const isMinted = dash > 0 && secret >= Math.max(8, dash);
  const shown = isMinted ? dash + 1 : Math.min(2, clientId.length >> 1);
  return `${clientId.slice(0, shown)}••••`;
}
