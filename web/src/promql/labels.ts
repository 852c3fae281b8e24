// Label sets as people read them: the selector form, what a group of series has in common, and the rest.
import type { Labels } from "../api/query.ts";

const NAME = "__name__";
const PLAIN = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Names outside the old character set are quoted, as PromQL wants them. */
export const quoteName = (name: string): string => (PLAIN.test(name) ? name : JSON.stringify(name));

export function pairs(labels: Labels): [string, string][] {
  return Object.entries(labels)
    .filter(([name]) => name !== NAME)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `name{a="b"}`, also the identity of a series on this page. */
export function seriesText(labels: Labels): string {
  const metric = labels[NAME] ?? "";
  const inner = pairs(labels).map(([name, value]) => `${quoteName(name)}=${JSON.stringify(value)}`);
  if (metric && !PLAIN.test(metric)) return `{${[JSON.stringify(metric), ...inner].join(", ")}}`;
  if (inner.length === 0) return metric || "{}";
  return `${metric}{${inner.join(", ")}}`;
}

export interface Told {
  /** Labels that all series share; empty for a single one. */
  common: Labels;
  /** Per series, what tells it from the others. */
  distinct: Labels[];
}

export function tellApart(all: readonly Labels[]): Told {
  const first = all[0];
  if (!first || all.length === 1) return { common: {}, distinct: [...all] };
  const shared = Object.entries(first).filter(([name, value]) => all.every((labels) => labels[name] === value));
  const common = Object.fromEntries(shared);
  const distinct = all.map((labels) => Object.fromEntries(Object.entries(labels).filter(([name]) => !(name in common))));
  return { common, distinct };
}
