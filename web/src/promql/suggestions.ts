// What people mostly ask of a metric of some type.
import { address } from "../state/router.ts";
import { quoteName } from "./labels.ts";

const WINDOW = "5m";

/** The address of a table with the number of series that have these labels. */
export function countOf(labels: Readonly<Record<string, string>>): string {
  const matchers = Object.entries(labels).map(([name, value]) => `${quoteName(name)}=${JSON.stringify(value)}`);
  return address("query", { "g0.expr": `count({${matchers.join(", ")}})`, "g0.tab": "table" });
}

export function suggestions(name: string, type: string): string[] {
  if (type === "histogram" && name.endsWith("_bucket"))
    return [name, `histogram_quantile(0.95, sum by (le) (rate(${name}[${WINDOW}])))`];
  if (type === "histogram" && !/_(sum|count)$/.test(name))
    return [name, `histogram_quantile(0.95, sum(rate(${name}[${WINDOW}])))`];
  if (type === "counter" || /_(total|sum|count)$/.test(name))
    return [name, `rate(${name}[${WINDOW}])`, `sum(rate(${name}[${WINDOW}]))`];
  return [name, `avg_over_time(${name}[${WINDOW}])`];
}
