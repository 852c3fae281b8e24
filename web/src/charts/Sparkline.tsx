// The shape of the last minutes in a line: no axes, no interaction, drawn by the browser as one path.
import type { Column } from "./data.ts";

const WIDTH = 200;
const HEIGHT = 40;

interface SparklineProps {
  values: Column;
  colour: string;
  /** The value at the upper edge; otherwise the highest one. */
  ceiling?: number;
}

export function Sparkline({ values, colour, ceiling }: SparklineProps) {
  const present = values.filter((value) => value !== null);
  const top = ceiling ?? Math.max(...present, 0);
  const path = outline(values, top > 0 ? top : 1);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} height={HEIGHT} preserveAspectRatio="none" aria-hidden="true">
      {runs(values).map(([from, to]) => (
        <path key={from} d={`${path(from, to)}L${x(to, values)} ${HEIGHT}L${x(from, values)} ${HEIGHT}Z`} fill={colour} fill-opacity="0.14" />
      ))}
      {runs(values).map(([from, to]) => (
        <path key={from} d={path(from, to)} fill="none" stroke={colour} stroke-width="1.75" vector-effect="non-scaling-stroke" stroke-linejoin="round" />
      ))}
    </svg>
  );
}

const x = (index: number, values: Column): number => (index / Math.max(values.length - 1, 1)) * WIDTH;

const outline =
  (values: Column, top: number) =>
  (from: number, to: number): string =>
    values
      .slice(from, to + 1)
      .map((value, offset) => {
        const height = HEIGHT - 1 - (Math.min(value!, top) / top) * (HEIGHT - 3);
        return `${offset === 0 ? "M" : "L"}${x(from + offset, values).toFixed(1)} ${height.toFixed(1)}`;
      })
      .join("");

/** First and last index of each stretch without gaps. */
function runs(values: Column): [number, number][] {
  const found: [number, number][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else found.push([index, index]);
  });
  return found;
}
