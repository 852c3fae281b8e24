// What leaves the page: the answer as CSV, the plot as a picture, the question as a command. All made here, nothing is asked again.
import type { InstantResult, Labels, RangeSeries, TimeSpan } from "../../api/query.ts";
import { serverPath } from "../../base.ts";
import { timeGrid } from "../../charts/data.ts";
import { pairs, seriesText } from "../../promql/labels.ts";
import type { Panel } from "../../state/panels.ts";
import { spanOf } from "../../state/panels.ts";

/** A row for each time, a column for each series; times in ISO 8601, values as the server printed them. */
export function rangeCsv(result: readonly RangeSeries[], span: TimeSpan): string {
  const times = timeGrid(span);
  const columns = result.map(({ values = [] }) => {
    const cells: string[] = new Array(times.length).fill("");
    for (const [time, text] of values) cells[Math.round((time - span.start) / span.step)] = text;
    return cells;
  });
  const rows = times.map((time, at) => [isoTime(time), ...columns.map((column) => column[at] ?? "")]);
  return lines([["time", ...result.map(({ metric }) => seriesText(metric))], ...rows]);
}

/** A row for each value, a column for each label. */
export function instantCsv(data: InstantResult): string {
  const rows = instantRows(data);
  const names = [...new Set(rows.flatMap(({ labels }) => ["__name__", ...pairs(labels).map(([name]) => name)]))];
  const used = names.filter((name) => rows.some(({ labels }) => labels[name] !== undefined));
  const body = rows.map(({ labels, time, value }) => [...used.map((name) => labels[name] ?? ""), isoTime(time), value]);
  return lines([[...used, "time", "value"], ...body]);
}

function instantRows(data: InstantResult): { labels: Labels; time: number; value: string }[] {
  if (data.resultType === "scalar" || data.resultType === "string")
    return [{ labels: {}, time: data.result[0], value: data.result[1] }];
  if (data.resultType === "vector")
    return data.result.flatMap(({ metric, value }) =>
      value ? [{ labels: metric, time: value[0], value: value[1] }] : [],
    );
  return data.result.flatMap(({ metric, values = [] }) =>
    values.map(([time, value]) => ({ labels: metric, time, value })),
  );
}

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** RFC 4180. */
const lines = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The panel's query for a POSIX shell. */
export function curlCommand(panel: Panel, origin: string, now: number): string {
  const { path, parameters } = question(panel, now);
  const given = Object.entries({ query: panel.expr, ...parameters }).map(
    ([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`,
  );
  return `curl -G ${quoted(origin + serverPath(`api/v1/${path}`))} ${given.join(" ")}`;
}

function question(panel: Panel, now: number): { path: string; parameters: Record<string, number> } {
  if (panel.view === "table") return { path: "query", parameters: { time: panel.end ?? now } };
  const span = spanOf(panel, now);
  return { path: panel.view === "explain" ? "explain" : "query_range", parameters: { ...span } };
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const csvFile = (text: string): Blob => new Blob([text], { type: "text/csv;charset=utf-8" });

/** Of the expression, short and safe in every file system. */
export const fileName = (expr: string): string => expr.replace(/[^\w.-]+/g, "_").slice(0, 60) || "query";

export interface PictureEntry {
  name: string;
  colour: string;
}

const MARGIN = 16;
const LINE = 20;
const ENTRIES_MAX = 12;

/** The plot's canvas with the expression above and the names of its series below. */
export function picture(plot: HTMLCanvasElement, title: string, entries: readonly PictureEntry[]): Promise<Blob> {
  const scale = devicePixelRatio;
  const shown = entries.slice(0, ENTRIES_MAX);
  const whole = document.createElement("canvas");
  const height = plot.height / scale + 2 * MARGIN + LINE * (1 + shown.length);
  whole.width = plot.width + 2 * MARGIN * scale;
  whole.height = height * scale;
  const ink = getComputedStyle(document.body);
  const draw = whole.getContext("2d")!;
  draw.scale(scale, scale);
  draw.fillStyle = ink.backgroundColor;
  draw.fillRect(0, 0, whole.width / scale, height);
  draw.font = `13px ${ink.fontFamily}`;
  draw.textBaseline = "middle";
  draw.fillStyle = ink.color;
  draw.fillText(title, MARGIN, MARGIN + LINE / 2 - 4, plot.width / scale);
  draw.drawImage(plot, MARGIN, MARGIN + LINE, plot.width / scale, plot.height / scale);
  shown.forEach(({ name, colour }, index) => {
    const middle = MARGIN + LINE + plot.height / scale + LINE * (index + 0.5);
    draw.fillStyle = colour;
    draw.fillRect(MARGIN, middle - 5, 10, 10);
    draw.fillStyle = ink.color;
    draw.fillText(name, MARGIN + 18, middle, plot.width / scale - 18);
  });
  return new Promise((done, failed) => {
    whole.toBlob((blob) => (blob ? done(blob) : failed(new Error("the browser made no picture"))), "image/png");
  });
}
