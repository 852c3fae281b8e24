// What one relabelling rule changed.
import type { Labels } from "../../api/query.ts";

export interface Change {
  name: string;
  from?: string;
  to?: string;
}

export function changes(before: Labels, after: Labels): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      name,
      ...(before[name] !== undefined && { from: before[name] }),
      ...(after[name] !== undefined && { to: after[name] }),
    }));
}
