// Exemplars over a plot: a diamond at each one's time and value; those beyond the value axis lie on its edge.
import type uPlot from "uplot";
import type { ChartInk } from "../theme/palette.ts";

export interface Mark {
  /** Unix seconds, and the value on the plot's axis. */
  time: number;
  value: number;
  /** What the tooltip says: names and values. */
  rows: readonly (readonly [string, string])[];
}

const RADIUS = 4;
const REACH = 9;

export function drawMarks(plot: uPlot, marks: readonly Mark[], ink: ChartInk): void {
  const { ctx } = plot;
  const radius = RADIUS * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = ink.surface;
  ctx.strokeStyle = ink.mark;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const mark of marks) {
    const { left, top } = place(plot, mark, true);
    if (left === null) continue;
    ctx.beginPath();
    ctx.moveTo(left, top - radius);
    ctx.lineTo(left + radius, top);
    ctx.lineTo(left, top + radius);
    ctx.lineTo(left - radius, top);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

/** What the tooltip says of the mark under the cursor, the nearest one. */
export function markAt(plot: uPlot, marks: readonly Mark[]): Mark["rows"] {
  const { left = -1, top = -1 } = plot.cursor;
  let [found, least]: [Mark | null, number] = [null, REACH];
  for (const mark of marks) {
    const at = place(plot, mark, false);
    if (at.left === null) continue;
    const distance = Math.hypot(at.left - left, at.top - top);
    if (distance < least) [found, least] = [mark, distance];
  }
  return found?.rows ?? [];
}

function place(plot: uPlot, { time, value }: Mark, onCanvas: boolean): { left: number | null; top: number } {
  const { x, y } = plot.scales;
  const inside = time >= x!.min! && time <= x!.max!;
  const level = Math.min(Math.max(value, y!.min!), y!.max!);
  return { left: inside ? plot.valToPos(time, "x", onCanvas) : null, top: plot.valToPos(level, "y", onCanvas) };
}
