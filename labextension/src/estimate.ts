/** What a deployment would cost, before it exists: pure. */
import { memory } from './figures';
import type { IMachineView } from './wire';

export interface IPlan {
  standby: IMachineView | null;
  cooling: IMachineView | null;
  /** Hours a day that requests keep the cooling machine awake. */
  awakeHours: number;
}

/** Micro-dollars an hour, on average over a month. */
export interface IEstimate {
  standby: number;
  cooling: number;
  /** Standby and cooling together. */
  total: number;
  /** The stronger machine running all the time, without a standby. */
  alwaysOn: number;
}

/** What a plan costs; null where a price is not known. */
export function estimate(plan: IPlan): IEstimate | null {
  const standby = plan.standby?.micros_per_hour ?? null;
  const cooling = plan.cooling ? plan.cooling.micros_per_hour : 0;
  if (standby === null || cooling === null) {
    return null;
  }
  const awake = (cooling * plan.awakeHours) / 24;
  return {
    standby,
    cooling: awake,
    total: standby + awake,
    alwaysOn: Math.max(standby, cooling)
  };
}

/** "2 vCPU · 4 GiB", "16 vCPU · 64 GiB · 1 x T4" */
export function size(machine: IMachineView): string {
  const parts = [
    `${machine.vcpus} vCPU`,
    memory(machine.memory_mib),
    machine.gpu
  ];
  return parts.filter(Boolean).join(' · ');
}
