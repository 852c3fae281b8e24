// Series over time. The plot is built anew when its structure changes (series, units, theme) and fed when only data does.
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./charts.css";
import { formatValue, type Unit } from "../format/units.ts";
import { t } from "../i18n/translate.ts";
import { theme } from "../state/preferences.ts";
import { assignSlots, chartInk, isDashed, seriesColour, type Theme } from "../theme/palette.ts";
import { type ChartData, type Column, stack } from "./data.ts";
import { drawMarks, type Mark, markAt } from "./exemplars.ts";
import { useWidth, type Zoom, zoom } from "./frame.ts";
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
  /** The value axis begins at zero, however far from it the values are. */
  fromZero?: boolean;
  /** The largest value that makes sense, such as 1 for a ratio of a whole. */
  ceiling?: number;
  /** Charts of the same key share their cursor. */
  cursorKey?: string;
  onZoom?: Zoom;
  /** Single observations, drawn over the lines. */
  marks?: readonly Mark[];
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
    const made = new uPlot(
      options(latest, width, currentTheme),
      [data.times, ...columns] as uPlot.AlignedData,
      frame.current,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [structure, width === 0]);

  useEffect(
    () => plot.current?.setData([data.times, ...columns] as uPlot.AlignedData),
    [columns, start, end, props.marks],
  );
  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);
  useEffect(() => {
    const index = data.series.findIndex(({ id }) => id === focused);
    plot.current?.setSeries(index < 0 ? null : index + 1, { focus: true });
  }, [focused]);

  return <div ref={frame} class="chart" role="img" aria-label={props.label} style={{ height: `${height}px` }} />;
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
    padding: [10, 18, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.28 },
    cursor: {
      x: true,
      y: false,
      drag: { x: true, y: false, setScale: false },
      focus: { prox: 24 },
      points: { size: 7, width: 2 },
      ...(cursorKey ? { sync: { key: cursorKey, setSeries: false, filters: { pub: isMove, sub: isMove } } } : {}),
    },
    scales: {
      x: { time: true, range: () => [latest.current.start, latest.current.end] },
      y: { range: (_, min, max) => chartRange(latest.current, min, max) },
    },
    axes: [timeAxis(ink), valueAxis(ink, unit)],
    series: [
      {},
      ...data.series.map(({ id, name }, index) => ({
        label: name,
        show: !hidden.has(id),
        ...(isDashed(data.series[index]!, slots[index]!) ? { dash: [6, 4] } : {}),
        ...stroke(colours[index]!, filled, stacked),
      })),
    ],
    bands: stacked
      ? data.series.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] }))
      : [],
    plugins: [
      tooltip(
        (index) => rowsAt(latest.current, colours, index, near),
        (count) => t("chart.more", { count }),
        (made) => markAt(made, latest.current.marks ?? []),
      ),
    ],
    hooks: {
      draw: [(made) => drawMarks(made, latest.current.marks ?? [], ink)],
      setSeries: [(_, index) => (near = index)],
      setSelect: [(made) => zoom(made, latest.current.onZoom)],
    },
  };
}

/** Charts share where the cursor is, not what is dragged: a zoom is its own chart's. */
const isMove = (event: string): boolean => event === "mousemove" || event === "mouseleave";

function chartRange(
  { unit, ceiling, fromZero = false }: TimeChartProps,
  min: number | null,
  max: number | null,
): [number, number] {
  const [low, high] = valueRange(min, max, unit);
  return [fromZero ? Math.min(low, 0) : low, Math.max(high, ceiling ?? high)];
}

function stroke(colour: string, filled: boolean, stacked: boolean): uPlot.Series {
  return {
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

function rowsAt(
  { data, unit, hidden = NONE }: TimeChartProps,
  colours: readonly string[],
  index: number,
  near: number | null,
) {
  return data.series.flatMap(({ id, name, values }, at) => {
    const value = values[index];
    if (value === null || value === undefined || hidden.has(id)) return [];
    return [{ name, colour: colours[at]!, value, text: formatValue(value, unit), focused: near === at + 1 }];
  });
}
