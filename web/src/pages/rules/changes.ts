// Which groups have a history, and which of them are no more.
import type { RuleChange, RuleGroup } from "../../api/rules.ts";

export interface ChangedGroup {
  /** In links. */
  key: string;
  namespace: string;
  group: string;
  deleted: boolean;
}

/** Each group once, as its newest change left it. */
export function changedGroups(changes: readonly RuleChange[]): ChangedGroup[] {
  const found = new Map<string, ChangedGroup>();
  for (const { namespace, group, deleted } of changes) {
    const key = `${namespace}/${group}`;
    found.set(key, { key, namespace, group, deleted });
  }
  return [...found.values()];
}

/** A group that was set over HTTP is shown with its namespace where others have their file. */
export const changedGroupOf = (changes: readonly RuleChange[], { file, name }: RuleGroup): ChangedGroup | undefined =>
  changedGroups(changes).find(({ namespace, group, deleted }) => namespace === file && group === name && !deleted);
