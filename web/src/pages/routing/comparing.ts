// A dry run beside what the configuration in force does with the same alerts: receiver by receiver, and over time.
import type { DryRun, ReceiverCount } from "../../api/dry_run.ts";
import type { ChartData } from "../../charts/data.ts";

/** Places in the palette: a blue and a grey. */
export const THIS_SLOT = 0;
export const IN_FORCE_SLOT = 9;

export interface ComparedReceiver {
  name: string;
  /** Notifications. */
  count: number;
  inForce: number;
  /** undefined: this configuration tells it nothing. */
  told: ReceiverCount | undefined;
}

/** Those that either configuration tells something; the one that hears most of either first. */
export function compareReceivers({ receivers, current }: DryRun): ComparedReceiver[] {
  const told = new Map(receivers.map((one) => [one.receiver, one]));
  const before = new Map(current.receivers.map((one) => [one.receiver, one.notifications]));
  return [...new Set([...told.keys(), ...before.keys()])]
    .map((name) => ({
      name,
      count: told.get(name)?.notifications ?? 0,
      inForce: before.get(name) ?? 0,
      told: told.get(name),
    }))
    .sort((a, b) => Math.max(b.count, b.inForce) - Math.max(a.count, a.inForce) || (a.name < b.name ? -1 : 1));
}

/** "+3", "−2"; empty where nothing changes. */
export function differenceText(count: number, inForce: number): string {
  if (count === inForce) return "";
  return count > inForce ? `+${count - inForce}` : `−${inForce - count}`;
}

export function overTime({ start, overTime: { step, counts }, current }: DryRun, names: [string, string]): ChartData {
  return {
    times: counts.map((_, index) => start + index * step),
    series: [
      { id: "this", name: names[0], values: counts, slot: THIS_SLOT },
      { id: "in force", name: names[1], values: current.overTime.counts, slot: IN_FORCE_SLOT, dashed: true },
    ],
  };
}
