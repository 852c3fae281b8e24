// Series over time. The plot is built anew when its structure changes (series, units, theme) and fed when only data does.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./charts.css";
import { formatValue, type Unit } from "../format/units.ts";
import { t } from "../i18n/translate.ts";
import { theme } from "../state/preferences.ts";
import { assignSlots, chartInk, seriesColour, type Theme } from "../theme/palette.ts";
import { type ChartData, type Column, stack } from "./data.ts";
import { timeAxis, valueAxis, valueRange } from "./scales.ts";
import { tooltip } from "./tooltip.ts";

export interface TimeChartProps {
  data: ChartData;
  unit: Unit;
  label: string;
  height: number;
  /** What the time axis shows, also where there is no data. Seconds. */
  start: number;
  end: number;
  stacked?: boolean;
  hidden?: ReadonlySet<string>;
  focused?: string | null;
  /** The largest value that makes sense, such as 1 for a ratio of a whole. */
  ceiling?: number;
  /** Charts of the same key share their cursor. */
  cursorKey?: string;
  onZoom?: (start: number, end: number) => void;
}

const NONE: ReadonlySet<string> = new Set();

export function TimeChart(props: TimeChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const width = useWidth(frame);
  const latest = useRef(props);
  latest.current = props;
  const { data, unit, height, stacked = false, hidden = NONE, focused = null, start, end } = props;
  const currentTheme = theme.value;
  const structure = JSON.stringify([data.series.map(({ id }) => id), unit, stacked, [...hidden], currentTheme, height]);
  const columns = useMemo(() => drawnColumns(data, stacked, hidden), [data, stacked, hidden]);

  useEffect(() => {
    if (!frame.current || width === 0) return;
    const made = new uPlot(options(latest, width, currentTheme), [data.times, ...columns] as uPlot.AlignedData, frame.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [structure, width === 0]);

  useEffect(() => plot.current?.setData([data.times, ...columns] as uPlot.AlignedData), [columns, start, end]);
  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);
  useEffect(() => {
    const index = data.series.findIndex(({ id }) => id === focused);
    plot.current?.setSeries(index < 0 ? null : index + 1, { focus: true });
  }, [focused]);

  return <div ref={frame} class="chart" role="img" aria-label={props.label} style={{ height: `${height}px` }} />;
}

function useWidth(frame: { current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Hidden series keep their place as empty columns, so that indexes and colours hold. */
function drawnColumns(data: ChartData, stacked: boolean, hidden: ReadonlySet<string>): Column[] {
  const shown = data.series.map(({ id, values }) => (hidden.has(id) ? values.map(() => null) : values));
  return stacked ? stack(shown) : shown;
}

function options(latest: { current: TimeChartProps }, width: number, currentTheme: Theme): uPlot.Options {
  const { data, unit, height, stacked = false, hidden = NONE, cursorKey } = latest.current;
  const ink = chartInk(currentTheme);
  const slots = assignSlots(data.series);
  const colours = slots.map((slot) => seriesColour(slot, currentTheme));
  const filled = stacked || data.series.length === 1;
  let near: number | null = null;
  return {
    width,
    height,
    padding: [10, 12, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.28 },
    cursor: {
      x: true,
      y: false,
      drag: { x: true, y: false, setScale: false },
      focus: { prox: 24 },
      points: { size: 7, width: 2 },
      ...(cursorKey ? { sync: { key: cursorKey, setSeries: false } } : {}),
    },
    scales: {
      x: { time: true, range: () => [latest.current.start, latest.current.end] },
      y: { range: (_, min, max) => chartRange(latest.current, min, max) },
    },
    axes: [timeAxis(ink), valueAxis(ink, unit)],
    series: [
      {},
      ...data.series.map(({ name, id }, index) => line(name, colours[index]!, filled, stacked, !hidden.has(id))),
    ],
    bands: stacked ? data.series.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })) : [],
    plugins: [
      tooltip((index) => rowsAt(latest.current, colours, index, near), (count) => t("chart.more", { count })),
    ],
    hooks: {
      setSeries: [(_, index) => (near = index)],
      setSelect: [(made) => zoom(made, latest.current.onZoom)],
    },
  };
}

function chartRange({ unit, ceiling }: TimeChartProps, min: number | null, max: number | null): [number, number] {
  const [low, high] = valueRange(min, max, unit);
  return ceiling === undefined ? [low, high] : [Math.min(low, 0), Math.max(ceiling, max ?? 0)];
}

function line(label: string, colour: string, filled: boolean, stacked: boolean, show: boolean): uPlot.Series {
  return {
    label,
    show,
    stroke: colour,
    width: stacked ? 1 : 1.5,
    ...(filled ? { fill: colour + (stacked ? "66" : "1f") } : {}),
    points: { show: true, size: 4, fill: colour, filter: isolatedPoints },
  };
}

/** A sample with gaps on both sides has no line to lie on; only those are drawn as points. */
function isolatedPoints(plot: uPlot, series: number, show: boolean): number[] | null {
  if (!show) return null;
  const column = plot.data[series]!;
  const alone: number[] = [];
  column.forEach((value, index) => {
    if (value != null && column[index - 1] == null && column[index + 1] == null) alone.push(index);
  });
  return alone;
}

function rowsAt({ data, unit, hidden = NONE }: TimeChartProps, colours: readonly string[], index: number, near: number | null) {
  return data.series.flatMap(({ id, name, values }, at) => {
    const value = values[index];
    if (value === null || value === undefined || hidden.has(id)) return [];
    return [{ name, colour: colours[at]!, value, text: formatValue(value, unit), focused: near === at + 1 }];
  });
}

const SELECTION_PIXELS_MIN = 6;

function zoom(plot: uPlot, onZoom: TimeChartProps["onZoom"]): void {
  const { left, width } = plot.select;
  if (onZoom && width >= SELECTION_PIXELS_MIN) onZoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  if (width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
