// A limit beside the values it is for: a dashed line at one height, in a colour of its own.
import type { ChartData } from "./data.ts";

/** A red of the palette, in both themes. */
const SLOT = 8;

export function withThreshold(chart: ChartData, name: string, value: number): ChartData {
  const line = { id: `threshold ${name}`, name, values: chart.times.map(() => value), slot: SLOT, dashed: true };
  return { times: chart.times, series: [...chart.series, line] };
}
