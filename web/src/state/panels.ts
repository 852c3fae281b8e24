// The query page in the address bar, in Prometheus' own parameters (g0.expr, g0.tab, g0.range_input ...), so that links
// made for either program open in both. Times in links are UTC.
import { formatDuration, parseDuration } from "../format/duration.ts";
import { parseDateTime, utcDateTime } from "../format/time.ts";

export interface Panel {
  expr: string;
  view: View;
  /** Seconds before `end`. */
  range: number;
  /** Unix seconds; null is now, moving. */
  end: number | null;
  /** Seconds; null lets the range decide. */
  step: number | null;
  stacked: boolean;
  exemplars: boolean;
  /** Draws the same query this many seconds earlier beside it; null: does not. */
  compare: number | null;
}

export const VIEWS = ["graph", "heatmap", "table", "explain"] as const;
export type View = (typeof VIEWS)[number];

export const NEW_PANEL: Panel = {
  expr: "",
  view: "graph",
  range: 3600,
  end: null,
  step: null,
  stacked: false,
  exemplars: false,
  compare: null,
};

const PANELS_MAX = 32;

export function readPanels(parameters: URLSearchParams): Panel[] {
  const panels: Panel[] = [];
  for (let index = 0; index < PANELS_MAX; index++) {
    const get = (name: string): string | null => parameters.get(`g${index}.${name}`);
    if (get("expr") === null) break;
    panels.push(readPanel(get));
  }
  return panels;
}

function readPanel(get: (name: string) => string | null): Panel {
  const end = get("end_input") ?? get("moment_input");
  return {
    expr: get("expr") ?? "",
    view: readView(get("tab"), get("display_mode")),
    range: parseDuration(get("range_input") ?? "") ?? NEW_PANEL.range,
    end: end ? parseDateTime(end, "utc") : null,
    step: parseDuration(get("step_input") ?? get("res_step") ?? ""),
    stacked: get("stacked") === "1" || get("display_mode") === "stacked",
    exemplars: get("show_exemplars") === "1",
    compare: parseDuration(get("compare") ?? ""),
  };
}

/** A heatmap is a mode of the graph in Prometheus' links. */
function readView(tab: string | null, mode: string | null): View {
  if (tab === "1" || tab === "table") return "table";
  if (tab === "explain") return "explain";
  return mode === "heatmap" ? "heatmap" : "graph";
}

/** Only what differs from a new panel is written, so that links stay short. */
export function writePanels(panels: readonly Panel[]): URLSearchParams {
  const parameters = new URLSearchParams();
  panels.forEach((panel, index) => {
    const set = (name: string, value: string): void => parameters.set(`g${index}.${name}`, value);
    set("expr", panel.expr);
    if (panel.view === "table" || panel.view === "explain") set("tab", panel.view);
    if (panel.range !== NEW_PANEL.range) set("range_input", formatDuration(panel.range));
    if (panel.end !== null) set("end_input", utcDateTime(panel.end));
    if (panel.step !== null) set("step_input", String(panel.step));
    if (panel.view === "heatmap") set("display_mode", "heatmap");
    else if (panel.stacked) set("display_mode", "stacked");
    if (panel.exemplars) set("show_exemplars", "1");
    if (panel.compare !== null) set("compare", formatDuration(panel.compare));
  });
  return parameters;
}

const NICE_STEPS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];
const POINTS_WANTED = 250;
/** The server refuses more than this many points a series. */
const POINTS_MAX = 11_000;

/** A step that gives some 250 points and falls on round times, so that a refreshed graph does not shimmer. */
export function automaticStep(range: number): number {
  const least = range / POINTS_WANTED;
  return NICE_STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;
}

/** The range query of a panel at `now`; automatic steps are aligned to the epoch. */
export function spanOf(
  panel: Pick<Panel, "range" | "end" | "step">,
  now: number,
): { start: number; end: number; step: number } {
  const end = panel.end ?? now;
  if (panel.step !== null) {
    const step = Math.max(panel.step, panel.range / POINTS_MAX);
    return { start: end - panel.range, end, step };
  }
  const step = automaticStep(panel.range);
  return { start: Math.floor((end - panel.range) / step) * step, end: Math.floor(end / step) * step, step };
}
