// What a half-written matcher can become, from label sets that are there.
import type { Labels } from "../api/query.ts";
import { quoteName } from "../promql/labels.ts";
import type { Operator } from "./matchers.ts";

export interface Suggestion {
  /** What stands in the input once it is chosen. */
  text: string;
  /** In how many label sets it occurs. */
  count: number;
  /** Nothing is missing: choosing it ends the entry. */
  whole: boolean;
}

const SHOWN_MAX = 12;
const HALF = /^\s*(.+?)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*$/;

/** Names while a name is written, then values behind the operator; the most frequent first. */
export function suggestMatchers(draft: string, known: readonly Labels[], operators: readonly Operator[]): Suggestion[] {
  const [, name, operator, value] = HALF.exec(draft) ?? [];
  if (name === undefined || operator === undefined || value === undefined) {
    return suggestNames(draft, known).map((one) => ({ ...one, text: quoteName(one.text) + operators[0]!, whole: false }));
  }
  const plain = name.replace(/^"|"$/g, "");
  const values = ranked(
    known.flatMap((labels) => (plain in labels ? [labels[plain]!] : [])),
    value,
  );
  return values.map((one) => ({
    ...one,
    text: `${quoteName(plain)}${operator}${JSON.stringify(operator.endsWith("~") ? escapeRegex(one.text) : one.text)}`,
    whole: true,
  }));
}

export const suggestNames = (draft: string, known: readonly Labels[]): Suggestion[] =>
  ranked(known.flatMap(Object.keys), draft.trim()).map((one) => ({ ...one, whole: true }));

function ranked(texts: readonly string[], part: string): { text: string; count: number }[] {
  const counts = new Map<string, number>();
  const wanted = part.toLowerCase();
  for (const text of texts) if (text.toLowerCase().includes(wanted)) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .map(([text, count]) => ({ text, count }))
    .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
    .slice(0, SHOWN_MAX);
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
