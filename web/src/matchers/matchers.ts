// Matchers of alert labels as texts: `name="value"`, `!=`, `=~`, `!~`. The page keeps and links them as texts; the server reads them.
import type { SilenceMatcher } from "../api/alertmanager.ts";
import type { Labels } from "../api/query.ts";
import { pairs, quoteName } from "../promql/labels.ts";

export const OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type Operator = (typeof OPERATORS)[number];

const NAME = String.raw`"(?:\\.|[^"\\])*"|[^\s{}!=~,\\"'\`]+`;
const OPERATOR = "=~|!~|!=|=";
const QUOTED = String.raw`"(?:\\.|[^"\\])*"`;
const ONE = new RegExp(`^\\s*(${NAME})\\s*(${OPERATOR})\\s*(${QUOTED}|[^"]*?)\\s*$`);

/** What a person types: the value may stand without quotes. null: not a matcher. */
export function parseMatcher(text: string): SilenceMatcher | null {
  const [, name, operator, value] = ONE.exec(text) ?? [];
  if (name === undefined || operator === undefined || value === undefined) return null;
  const [plainName, plainValue] = [unquote(name), unquote(value)];
  if (!plainName || plainValue === null) return null;
  return {
    name: plainName,
    value: plainValue,
    isRegex: operator.endsWith("~"),
    isEqual: !operator.startsWith("!"),
  };
}

export const operatorOf = ({ isRegex, isEqual }: SilenceMatcher): Operator =>
  isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";

export const formatMatcher = (matcher: SilenceMatcher): string =>
  quoteName(matcher.name) + operatorOf(matcher) + JSON.stringify(matcher.value);

/** The text as this page writes it; null: not a matcher with one of these operators. */
export function canonical(text: string, operators: readonly Operator[] = OPERATORS): string | null {
  const matcher = parseMatcher(text);
  return matcher && operators.includes(operatorOf(matcher)) ? formatMatcher(matcher) : null;
}

export const equalityMatchers = (labels: Labels): string[] =>
  pairs(labels).map(([name, value]) => `${quoteName(name)}=${JSON.stringify(value)}`);

/** The labels that equality matchers name. */
export const labelsOf = (texts: readonly string[]): Labels =>
  Object.fromEntries(
    texts.flatMap((text) => {
      const matcher = parseMatcher(text);
      return matcher ? [[matcher.name, matcher.value]] : [];
    }),
  );

/** Several in one parameter of a link: `{a="b",c=~"d"}`, as Alertmanager's links have them. */
export const writeList = (texts: readonly string[]): string => (texts.length === 0 ? "" : `{${texts.join(",")}}`);

export function readList(text: string): string[] {
  const inner = text.trim().replace(/^\{/, "").replace(/\}$/, "");
  const found = inner.matchAll(new RegExp(`(?:${NAME})\\s*(?:${OPERATOR})\\s*(?:${QUOTED}|[^",]*)`, "g"));
  return [...found].flatMap(([one]) => canonical(one) ?? []);
}

function unquote(text: string): string | null {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}
