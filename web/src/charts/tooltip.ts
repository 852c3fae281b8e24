// The values under the cursor, highest first. A plugin of uPlot that owns one element beside the page's content.
import type uPlot from "uplot";
import { dateTime } from "../format/time.ts";

const ROWS_MAX = 12;
const GAP = 14;

export interface TooltipRow {
  name: string;
  colour: string;
  value: number;
  text: string;
  focused: boolean;
}

/**
 * `rowsAt(index)` gives the visible series' values at a point of the grid; `notes` what else lies under the cursor, as names
 * and values.
 */
export function tooltip(
  rowsAt: (index: number, plot: uPlot) => TooltipRow[],
  more: (count: number) => string,
  notes: (plot: uPlot) => readonly (readonly [string, string])[] = () => [],
): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = "chart-tooltip";
  box.hidden = true;
  box.setAttribute("aria-hidden", "true");

  const show = (plot: uPlot): void => {
    const { idx, left, top, event } = plot.cursor;
    const pointed = event !== undefined && event !== null && left !== undefined && top !== undefined && left >= 0;
    const rows = pointed && idx !== null && idx !== undefined ? rowsAt(idx, plot) : [];
    box.hidden = rows.length === 0;
    if (rows.length === 0) return;
    rows.sort((a, b) => b.value - a.value);
    box.replaceChildren(heading(plot.data[0][idx!]!), ...rows.slice(0, ROWS_MAX).map(line));
    const found = notes(plot);
    if (found.length > 0) box.append(noted(found));
    if (rows.length > ROWS_MAX) box.append(note(more(rows.length - ROWS_MAX)));
    place(box, plot.over.getBoundingClientRect(), left!, top!);
  };

  return {
    hooks: {
      init: (plot) => {
        document.body.append(box);
        plot.over.addEventListener("mouseleave", () => {
          box.hidden = true;
        });
      },
      setCursor: show,
      destroy: () => box.remove(),
    },
  };
}

function heading(time: number): HTMLElement {
  return element("div", "chart-tooltip-time", dateTime(time));
}

function line(row: TooltipRow): HTMLElement {
  const whole = element("div", row.focused ? "chart-tooltip-row focused" : "chart-tooltip-row");
  const swatch = element("span", "swatch");
  swatch.style.background = row.colour;
  whole.append(
    swatch,
    element("span", "chart-tooltip-name", row.name),
    element("span", "chart-tooltip-value", row.text),
  );
  return whole;
}

function noted(pairs: readonly (readonly [string, string])[]): HTMLElement {
  const whole = element("div", "chart-tooltip-notes");
  for (const [name, value] of pairs) {
    const row = element("div", "chart-tooltip-row");
    row.append(element("span", "chart-tooltip-note", name), element("span", "chart-tooltip-value", value));
    whole.append(row);
  }
  return whole;
}

const note = (text: string): HTMLElement => element("div", "chart-tooltip-more", text);

function element(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Beside the cursor, on the side with room, inside the window. */
function place(box: HTMLElement, frame: DOMRect, left: number, top: number): void {
  const x = frame.left + left;
  const y = frame.top + top;
  const width = box.offsetWidth;
  const height = box.offsetHeight;
  const toLeft = x + GAP + width > window.innerWidth - 8;
  const wanted = toLeft ? x - GAP - width : x + GAP;
  box.style.left = `${Math.max(8, Math.min(wanted, window.innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(8, Math.min(y - height / 2, window.innerHeight - height - 8))}px`;
}
