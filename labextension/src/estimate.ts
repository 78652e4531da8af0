/** What a deployment would cost a month, before it exists: pure. */
import type { IMachine } from './api';

export const HOURS_A_MONTH = 730;
const DAYS_A_MONTH = HOURS_A_MONTH / 24;

export interface IPlan {
  standby: IMachine | null;
  cooling: IMachine | null;
  /** Hours a day that requests keep the cooling machine awake. */
  awakeHours: number;
}

export interface IEstimate {
  standbyMicros: number;
  coolingMicros: number;
  /** Standby and cooling together. */
  totalMicros: number;
  /** The stronger machine running all month, without a standby. */
  alwaysOnMicros: number;
}

/** Micro-dollars a month; null where a price is not known. */
export function estimate(plan: IPlan): IEstimate | null {
  const standby = plan.standby?.micros_per_hour ?? null;
  const cooling = plan.cooling ? plan.cooling.micros_per_hour : 0;
  if (standby === null || cooling === null) {
    return null;
  }
  const standbyMicros = standby * HOURS_A_MONTH;
  const coolingMicros = cooling * plan.awakeHours * DAYS_A_MONTH;
  return {
    standbyMicros,
    coolingMicros,
    totalMicros: standbyMicros + coolingMicros,
    alwaysOnMicros: Math.max(standby, cooling) * HOURS_A_MONTH
  };
}

/** "2 vCPU · 4 GiB", "16 vCPU · 64 GiB · 1 x T4" */
export function size(machine: IMachine): string {
  const gib = machine.memory_mib / 1024;
  const parts = [
    `${machine.vcpus} vCPU`,
    `${Number.isInteger(gib) ? gib : gib.toFixed(1)} GiB`,
    machine.gpu
  ];
  return parts.filter(Boolean).join(' · ');
}

/** What a person typed about a deployment. */
export interface IWish {
  function: string;
  name: string;
  sample: string;
  machine: string;
  cooling: string;
  coolDown: string;
  /** Names to make client ids for; empty: public. */
  clients: string[];
  budgetPerDay: string;
}

/** The line that deploys it: what the panel runs is what a person could have typed. */
export function magic(wish: IWish): string {
  const words = ['%aibro deploy', wish.function];
  const option = (name: string, value: string): void => {
    if (value.trim()) {
      words.push(`--${name} ${quoted(value.trim())}`);
    }
  };
  option('name', wish.name === wish.function ? '' : wish.name);
  option('sample', wish.sample);
  option('machine', wish.machine);
  option('cooling', wish.cooling);
  option('cool-down', wish.cooling ? wish.coolDown : '');
  if (wish.clients.length > 0) {
    words.push(`--mint ${wish.clients.map(quoted).join(' ')}`);
  }
  option('budget-per-day', wish.budgetPerDay);
  return words.join(' ');
}

function quoted(value: string): string {
  if (/^[\w.,:/+-]+$/.test(value)) {
    return value;
  }
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
