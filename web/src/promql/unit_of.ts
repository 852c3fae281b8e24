// Guesses the unit of a PromQL expression from metric names and arithmetic, for axes and tooltips.
// Flow: tokens -> a small expression walk that carries units instead of values. A guess may be "none", never wrong on
// purpose: anything it does not understand has no unit. Not the editor's grammar: that one is loaded late, axes are not.
import type { Unit } from "../format/units.ts";

export function unitOf(expression: string): Unit {
  const walk = new UnitWalk(tokens(expression));
  return walk.binary(0).unit;
}

/** The unit of a histogram's bounds: that of the first metric which has one. */
export function unitOfBuckets(expression: string): Unit {
  const names = tokens(expression).filter((token) => /^[a-zA-Z_:]/.test(token));
  return names.map(unitOfMetric).find((unit) => unit !== "none") ?? "none";
}

/** A metric's own unit by the naming rules: base unit last, before `_total` and its family. */
export function unitOfMetric(name: string): Unit {
  if (/_count$|_created$/.test(name)) return "none";
  const base = name.replace(/_(total|sum|bucket)$/, "");
  return SUFFIXES.find(([suffix]) => suffix.test(base))?.[1] ?? "none";
}

const SUFFIXES: readonly (readonly [RegExp, Unit])[] = [
  [/_(timestamp|boot_time|start_time|mtime)_seconds$/, "timestamp"],
  [/_time_seconds$/, "seconds"],
  [/_bytes$/, "bytes"],
  [/_seconds$/, "seconds"],
  [/_ratio$/, "ratio"],
  [/_percent$/, "percent"],
  [/_celsius$/, "celsius"],
  [/_hertz$/, "hertz"],
  [/_volts$/, "volts"],
];

interface Term {
  unit: Unit;
  /** Set where the term is a literal number: `* 100` and `* 8` change a unit. */
  number?: number;
}

const NO_UNIT: Term = { unit: "none" };
const PER_SECOND: Partial<Record<Unit, Unit>> = { bytes: "bytes/s", seconds: "ratio", none: "per-second" };
const COUNTING = new Set([
  "count",
  "count_values",
  "count_over_time",
  "absent",
  "absent_over_time",
  "changes",
  "resets",
  "group",
  "present_over_time",
  "sgn",
  "histogram_count",
]);
const PRECEDENCE: Record<string, number> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  ">": 3,
  "<=": 3,
  ">=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  atan2: 5,
  "^": 6,
};
const WITH_NAMES = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);

/** Names, numbers and operators; strings, matchers, ranges and comments are left out. */
function tokens(expression: string): string[] {
  const bare = expression
    .replace(/#.*$/gm, "")
    .replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|`[^`]*`/g, "")
    .replace(/\{[^{}]*\}|\[[^[\]]*\]/g, " ");
  return bare.match(/[a-zA-Z_:][\w:.]*|\d+(\.\d+)?([eE][+-]?\d+)?(ms|[smhdwy])?|==|!=|<=|>=|[-+*/%^<>(),@]/g) ?? [];
}

class UnitWalk {
  private at = 0;

  constructor(private readonly all: readonly string[]) {}

  binary(weakest: number): Term {
    let left = this.unary();
    for (;;) {
      const operator = this.all[this.at]?.toLowerCase() ?? "";
      const precedence = PRECEDENCE[operator];
      if (precedence === undefined || precedence <= weakest) return left;
      this.at += 1;
      this.skipModifiers();
      left = combine(operator, left, this.binary(precedence));
    }
  }

  private unary(): Term {
    while (this.all[this.at] === "-" || this.all[this.at] === "+") this.at += 1;
    const term = this.primary();
    while (["offset", "@"].includes(this.all[this.at]?.toLowerCase() ?? "")) {
      this.at += 1;
      this.unary();
    }
    return term;
  }

  private primary(): Term {
    const token = this.all[this.at++];
    if (token === undefined) return NO_UNIT;
    if (token === "(") {
      const inner = this.binary(0);
      if (this.all[this.at] === ")") this.at += 1;
      return inner;
    }
    if (/^\d/.test(token)) return { unit: "none", number: Number(token) };
    if (!/^[a-zA-Z_:]/.test(token)) return NO_UNIT;
    const named = this.at;
    this.skipModifiers();
    if (this.all[this.at] === "(") return applied(token.toLowerCase(), this.argumentsOf());
    this.at = named;
    return { unit: unitOfMetric(token) };
  }

  /** `by (a, b)`, `on (a)`, `bool`: nothing that carries a unit. */
  private skipModifiers(): void {
    for (;;) {
      const word = this.all[this.at]?.toLowerCase() ?? "";
      if (word === "bool") this.at += 1;
      else if (WITH_NAMES.has(word)) {
        this.at += 1;
        if (this.all[this.at] === "(") this.at = this.closing(this.at) + 1;
      } else return;
    }
  }

  private closing(open: number): number {
    let at = open;
    while (at < this.all.length && this.all[at] !== ")") at += 1;
    return at;
  }

  private argumentsOf(): Term[] {
    const terms: Term[] = [];
    while (this.at < this.all.length && this.all[this.at] !== ")") {
      this.at += 1;
      if (this.all[this.at] === ")") break;
      terms.push(this.binary(0));
    }
    this.at += 1;
    this.skipModifiers();
    return terms;
  }
}

function applied(name: string, terms: readonly Term[]): Term {
  if (COUNTING.has(name)) return NO_UNIT;
  if (name === "time" || name === "timestamp") return { unit: "timestamp" };
  const valued = terms.findLast((term) => term.number === undefined) ?? NO_UNIT;
  if (["rate", "irate", "deriv"].includes(name)) return { unit: PER_SECOND[valued.unit] ?? "none" };
  if (name === "histogram_quantile" && valued.unit === "ratio") return { unit: "seconds" };
  if (name === "histogram_quantile" && valued.unit === "bytes/s") return { unit: "bytes" };
  if (name.endsWith("stdvar") || name === "ln" || name.startsWith("log")) return NO_UNIT;
  if (name === "quantile" || name === "topk" || name === "bottomk" || terms.length > 0) return { unit: valued.unit };
  return NO_UNIT;
}

function combine(operator: string, left: Term, right: Term): Term {
  if (operator === "*") return times(left, right);
  if (operator === "/") return over(left, right);
  if (operator === "-" && left.unit === "timestamp" && right.unit === "timestamp") return { unit: "seconds" };
  if ("+-".includes(operator)) return { unit: left.unit === "none" ? right.unit : left.unit };
  if (operator === "^" || operator === "atan2") return NO_UNIT;
  return { unit: left.unit };
}

function times(left: Term, right: Term): Term {
  const [term, factor] = left.number !== undefined ? [right, left.number] : [left, right.number];
  if (factor === 100 && term.unit === "ratio") return { unit: "percent" };
  if (factor === 8 && term.unit === "bytes/s") return { unit: "bits/s" };
  if (factor !== undefined) return factor === 1 ? term : { unit: term.unit === "ratio" ? "none" : term.unit };
  if (left.unit === "none") return { unit: right.unit };
  return { unit: right.unit === "none" ? left.unit : "none" };
}

function over(left: Term, right: Term): Term {
  if (right.number !== undefined) return { unit: left.unit === "ratio" ? "none" : left.unit };
  if (left.unit === right.unit) return { unit: left.unit === "none" ? "none" : "ratio" };
  if (right.unit === "per-second")
    return { unit: left.unit === "ratio" ? "seconds" : left.unit === "bytes/s" ? "bytes" : "none" };
  return { unit: right.unit === "none" ? left.unit : "none" };
}
