// The value and the limit of an alert's expression: `rate(x[5m]) > 0.5` is `rate(x[5m])` against 0.5. Only a comparison with a
// number that is the whole expression is taken apart; of anything else nothing is said.

export interface Threshold {
  /** The left side. */
  expr: string;
  operator: string;
  value: number;
}

const COMPARED = /^([\s\S]*?)(>=|<=|==|!=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*$/;
/** They bind weaker than a comparison: beside one, the comparison is not the whole. */
const WEAKER = /\b(and|or|unless|bool)\b/i;

export function thresholdOf(expression: string): Threshold | null {
  const whole = withoutOuterParentheses(expression.trim());
  const [, left, operator, value] = COMPARED.exec(whole) ?? [];
  if (left === undefined || operator === undefined || value === undefined) return null;
  const outside = outermost(left);
  if (outside === null || left.trim() === "" || WEAKER.test(outside) || /[<>=!]=?/.test(outside)) return null;
  return { expr: left.trim(), operator, value: Number(value) };
}

/** What stands in no brackets and no quotes; null where brackets do not match. */
function outermost(text: string): string | null {
  let found = "";
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[\s\S]/g)) {
    if ("([{".includes(token)) depth += 1;
    else if (")]}".includes(token)) depth -= 1;
    else if (depth === 0) found += token.length > 1 ? " " : token;
    if (depth < 0) return null;
  }
  return depth === 0 ? found : null;
}

function withoutOuterParentheses(text: string): string {
  if (!text.startsWith("(") || !text.endsWith(")")) return text;
  const inner = text.slice(1, -1);
  return outermost(inner) === null ? text : withoutOuterParentheses(inner.trim());
}
