// Finding and grouping targets.
import type { Labels } from "../../api/query.ts";

interface Target {
  scrapePool?: string;
  labels?: Labels;
  discoveredLabels: Labels;
  scrapeUrl?: string;
  lastError?: string;
}

/** Older servers do not name a dropped target's pool; its job is the next best. */
export const poolOf = (target: Target): string => target.scrapePool ?? target.discoveredLabels["job"] ?? "";

/** Every word occurs in the target's address, labels or error; `name=value` finds that label. */
export function matches(target: Target, words: string): boolean {
  const labels = Object.entries(target.labels ?? target.discoveredLabels).map(([name, value]) => `${name}=${value}`);
  const text = [target.scrapePool, target.scrapeUrl, target.lastError, ...labels].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Groups in the order of their names; members keep theirs. */
export function byPool<T extends Target>(targets: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const target of targets) {
    const pool = poolOf(target);
    const members = groups.get(pool);
    if (members) members.push(target);
    else groups.set(pool, [target]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
