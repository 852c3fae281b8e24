// What people mostly ask of a metric of some type.
const WINDOW = "5m";

export function suggestions(name: string, type: string): string[] {
  if (type === "histogram" && name.endsWith("_bucket")) return [name, `histogram_quantile(0.95, sum by (le) (rate(${name}[${WINDOW}])))`];
  if (type === "histogram" && !/_(sum|count)$/.test(name)) return [name, `histogram_quantile(0.95, sum(rate(${name}[${WINDOW}])))`];
  if (type === "counter" || /_(total|sum|count)$/.test(name)) return [name, `rate(${name}[${WINDOW}])`, `sum(rate(${name}[${WINDOW}]))`];
  return [name, `avg_over_time(${name}[${WINDOW}])`];
}
