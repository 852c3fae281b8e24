// Puts another name or value for a matcher into an expression, where it is written in a form that can be found safely.
import type { JudgedMatcher } from "../../api/explain.ts";

/** null where the matcher is not found as it is written; then the reader changes it. */
export function mended(
  expr: string,
  selector: string,
  matcher: JudgedMatcher,
  change: { name: string } | { value: string },
): string | null {
  if (matcher.name === "__name__" && matcher.type === "=" && "value" in change && !selector.startsWith("{")) {
    const whole = new RegExp(`(?<![\\w:.])${literal(matcher.value)}(?![\\w:.(])`);
    return whole.test(expr) ? expr.replace(whole, () => change.value) : null;
  }
  const written = new RegExp(
    `(?<![\\w:.])${literal(matcher.name)}(\\s*)${literal(matcher.type)}(\\s*)(["'\`])${literal(matcher.value)}\\3`,
  );
  if (!written.test(expr)) return null;
  const name = "name" in change ? change.name : matcher.name;
  const value = "value" in change ? change.value : matcher.value;
  const type = "value" in change && matcher.type === "=~" ? "=" : matcher.type;
  return expr.replace(written, (_, before: string, after: string) => `${name}${before}${type}${after}${JSON.stringify(value)}`);
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
