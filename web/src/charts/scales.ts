// How values and times lie on the axes.
import type uPlot from "uplot";
import { tickLabels } from "../format/time.ts";
import { formatTicks, tickSteps, type Unit } from "../format/units.ts";
import type { ChartInk } from "../theme/palette.ts";

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Noto Sans CJK SC", sans-serif';

/** The value axis starts at zero unless the values stay far from it; a flat line lies in the middle of something. */
export function valueRange(min: number | null, max: number | null, unit: Unit): [number, number] {
  if (min === null || max === null) return [0, 1];
  const spread = max - min;
  let low = min >= 0 && (min < max * 0.5 || spread === 0) ? 0 : min - spread * 0.08;
  if (min >= 0) low = Math.max(low, 0);
  let high = max <= 0 && min < 0 ? 0 : max + (spread || Math.abs(max)) * 0.08;
  if (unit === "ratio" && low >= 0 && max <= 1) high = Math.min(Math.max(high, 0.01), max > 0.5 ? 1.02 : high);
  if (high === low) high = low + 1;
  if (low > high) low = high - 1;
  return [low, high];
}

const TICK_PIXELS = 42;
/** Ticks closer than a minute show seconds too. */
const TICK_PIXELS_SECONDS = 64;

export function timeAxis(ink: ChartInk): uPlot.Axis {
  return {
    font: FONT,
    stroke: ink.text,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { stroke: ink.axis, width: 1, size: 4 },
    space: (_, __, from, to, pixels) => ((to - from) * TICK_PIXELS < 60 * pixels ? TICK_PIXELS_SECONDS : TICK_PIXELS),
    size: (_, labels) => (labels?.some((label) => label?.includes("\n")) ? 44 : 30),
    gap: 2,
    values: (_, splits, __, ___, step) => tickLabels(splits, step),
  };
}

export function valueAxis(ink: ChartInk, unit: Unit): uPlot.Axis {
  return {
    font: FONT,
    stroke: ink.text,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { show: false },
    border: { show: false },
    space: 28,
    gap: 6,
    incrs: tickSteps(unit),
    size: (plot, labels) => (labels ? Math.ceil(widest(plot, labels)) + 12 : 44),
    values: (_, splits) => formatTicks(splits, unit),
  };
}

function widest(plot: uPlot, labels: readonly string[]): number {
  plot.ctx.save();
  plot.ctx.font = FONT;
  const width = Math.max(0, ...labels.map((label) => plot.ctx.measureText(label).width));
  plot.ctx.restore();
  return width;
}
