// Histograms over time: a column for each step, a row for each bucket, darker where more fell into it. A chunk of its own.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./charts.css";
import { formatValue, type Unit } from "../format/units.ts";
import { t } from "../i18n/translate.ts";
import { theme } from "../state/preferences.ts";
import { chartInk, heatColour, type Theme } from "../theme/palette.ts";
import { useWidth, type Zoom, zoom } from "./frame.ts";
import type { HeatData, HeatRow } from "./heat.ts";
import { timeAxis, valueAxis } from "./scales.ts";
import { tooltip, type TooltipRow } from "./tooltip.ts";

interface HeatmapProps {
  data: HeatData;
  /** Of the bounds. */
  unit: Unit;
  label: string;
  height: number;
  start: number;
  end: number;
  step: number;
  onZoom?: Zoom;
}

export function Heatmap(props: HeatmapProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const width = useWidth(frame);
  const latest = useRef(props);
  latest.current = props;
  const { data, height, unit } = props;
  const currentTheme = theme.value;
  const structure = JSON.stringify([data.rows, unit, currentTheme, height, props.step]);

  useEffect(() => {
    if (!frame.current || width === 0) return;
    const made = new uPlot(options(latest, width, currentTheme), columnsOf(latest.current.data), frame.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [structure, width === 0]);
  useEffect(() => plot.current?.setData(columnsOf(data)), [data]);
  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);

  return <div ref={frame} class="chart" role="img" aria-label={props.label} style={{ height: `${height}px` }} />;
}

/** uPlot needs a series to have a cursor; it is never drawn. */
const columnsOf = ({ times }: HeatData): uPlot.AlignedData => [times, times.map(() => 0)];

function options(latest: { current: HeatmapProps }, width: number, currentTheme: Theme): uPlot.Options {
  const { data, unit, height, step } = latest.current;
  const ink = chartInk(currentTheme);
  const edges = edgesOf(data.rows);
  return {
    width,
    height,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: { x: true, y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: {
      x: { time: true, range: () => [latest.current.start - step / 2, latest.current.end + step / 2] },
      y: { range: () => [0, edges.length - 1] },
    },
    axes: [
      { ...timeAxis(ink), grid: { show: false } },
      {
        ...valueAxis(ink, "none"),
        grid: { show: false },
        splits: () => shownEdges(edges.length, height),
        values: (_, splits) => splits.map((edge) => formatValue(edges[edge]!, unit)),
      },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    plugins: [tooltip((index, made) => rowsAt(latest.current, index, made), () => "")],
    hooks: {
      drawAxes: [(made) => drawCells(made, latest.current, currentTheme)],
      setSelect: [(made) => zoom(made, latest.current.onZoom)],
    },
  };
}

const edgesOf = (rows: readonly HeatRow[]): number[] => [...rows.slice(0, 1).map(({ low }) => low), ...rows.map(({ high }) => high)];

const EDGE_PIXELS = 26;

function shownEdges(count: number, height: number): number[] {
  const every = Math.max(1, Math.ceil((count * EDGE_PIXELS) / Math.max(height - 40, 1)));
  return Array.from({ length: count }, (_, edge) => edge).filter((edge) => (count - 1 - edge) % every === 0);
}

/** The root spreads what is rare: a tail of one in a thousand still shows. */
export const heatShare = (value: number, max: number): number => (max > 0 ? Math.sqrt(value / max) : 0);

function drawCells(plot: uPlot, { data, step }: HeatmapProps, currentTheme: Theme): void {
  const { ctx, bbox } = plot;
  const { times, rows, cells, max } = data;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const lines = Array.from({ length: rows.length + 1 }, (_, row) => Math.round(plot.valToPos(row, "y", true)));
  for (let at = 0; at < times.length; at++) {
    const left = Math.round(plot.valToPos(times[at]! - step / 2, "x", true));
    const right = Math.round(plot.valToPos(times[at]! + step / 2, "x", true));
    for (let row = 0; row < rows.length; row++) {
      const value = cells[row * times.length + at]!;
      if (!(value > 0)) continue;
      ctx.fillStyle = heatColour(heatShare(value, max), currentTheme);
      ctx.fillRect(left, lines[row + 1]!, Math.max(right - left, 1), Math.max(lines[row]! - lines[row + 1]!, 1));
    }
  }
  ctx.restore();
}

/** The bucket under the cursor, and all of that time. */
function rowsAt({ data, unit }: HeatmapProps, index: number, plot: uPlot): TooltipRow[] {
  const width = data.times.length;
  const under = Math.floor(plot.posToVal(plot.cursor.top ?? 0, "y"));
  const row = Math.min(Math.max(under, 0), data.rows.length - 1);
  let total = 0;
  for (let each = 0; each < data.rows.length; each++) total += data.cells[each * width + index]!;
  const value = data.cells[row * width + index]!;
  const { low, high } = data.rows[row]!;
  const name = `${formatValue(low, unit)} – ${formatValue(high, unit)}`;
  const colour = heatColour(heatShare(value, data.max), theme.peek());
  return [
    { name, colour, value: Infinity, text: formatValue(value, "none"), focused: true },
    { name: t("heatmap.total"), colour: "transparent", value: 0, text: formatValue(total, "none"), focused: false },
  ];
}

export function HeatScale({ max }: { max: number }) {
  const stops = Array.from({ length: 9 }, (_, index) => heatColour(index / 8, theme.value));
  return (
    <div class="heat-scale small faint number">
      <span>0</span>
      <i style={{ background: `linear-gradient(90deg, ${stops.join(", ")})` }} />
      <span>{formatValue(max, "none")}</span>
    </div>
  );
}
