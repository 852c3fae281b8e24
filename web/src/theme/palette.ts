// Colours of series. Chosen so that neighbours differ in lightness as well as hue (readable with any colour vision) and
// each has at least 3:1 contrast with its theme's surface.
export type Theme = "light" | "dark";

const SERIES: Record<Theme, readonly string[]> = {
  light: ["#2b63c6", "#cf4a12", "#0b8a6b", "#b0438f", "#a97400", "#2f8fc0", "#6b4fbb", "#6f7d14", "#a83a52", "#5f6b7a"],
  dark: ["#6ea3fb", "#ff9161", "#3fcf9f", "#ea8cc9", "#f0bd52", "#7ad1f7", "#ab96f7", "#bccb5f", "#f58a9c", "#a3b0c0"],
};

export interface ChartInk {
  text: string;
  grid: string;
  axis: string;
  cursor: string;
  selection: string;
  mark: string;
  surface: string;
}

const INK: Record<Theme, ChartInk> = {
  light: { text: "#667181", grid: "#eceff3", axis: "#d5dae2", cursor: "#8792a2", selection: "#2456c722", mark: "#161b22", surface: "#ffffff" },
  dark: { text: "#8691a1", grid: "#20262f", axis: "#333c48", cursor: "#6d7989", selection: "#86aefc2e", mark: "#e8ecf2", surface: "#14181e" },
};

export const chartInk = (theme: Theme): ChartInk => INK[theme];

export const seriesColour = (slot: number, theme: Theme): string => SERIES[theme][slot % SERIES[theme].length]!;

/** There are more series than colours: from the second round on, lines are dashed; so are those of an earlier time, and limits. */
export const isDashed = (
  { earlier = false, dashed = false }: { earlier?: boolean; dashed?: boolean },
  slot: number,
): boolean => earlier || dashed || slot >= SERIES.light.length;

/** From little to much; the first stop stands out from the surface by little, the last by most. */
const HEAT: Record<Theme, readonly (readonly [number, number, number])[]> = {
  light: [
    [222, 233, 252],
    [120, 165, 238],
    [43, 99, 198],
    [12, 38, 98],
  ],
  dark: [
    [28, 42, 70],
    [50, 96, 176],
    [122, 176, 251],
    [233, 243, 255],
  ],
};

/** `share` in 0..1 of the largest count. */
export function heatColour(share: number, theme: Theme): string {
  const stops = HEAT[theme];
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const at = Math.min(Math.floor(place), stops.length - 2);
  const mixed = stops[at]!.map((from, channel) => Math.round(from + (stops[at + 1]![channel]! - from) * (place - at)));
  return `rgb(${mixed.join(" ")})`;
}

/** FNV-1a, 32 bits: a stable number for a series' identity. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/**
 * A colour slot per series, where it brings none of its own: the same series gets the same slot in every chart and after every refresh, unless another
 * series of this chart already holds it; then the next free one.
 */
export function assignSlots(series: readonly { id: string; slot?: number }[]): number[] {
  const size = SERIES.light.length;
  const slots = new Map<string, number>();
  let taken = new Set(series.flatMap(({ slot }) => (slot === undefined ? [] : [slot % size])));
  let round = 0;
  const free = series.filter(({ slot }) => slot === undefined).map(({ id }) => id);
  for (const identity of free.sort()) {
    if (taken.size === size) {
      taken = new Set();
      round += 1;
    }
    let slot = hash(identity) % size;
    while (taken.has(slot)) slot = (slot + 1) % size;
    taken.add(slot);
    slots.set(identity, slot + round * size);
  }
  return series.map(({ id, slot }) => slot ?? slots.get(id)!);
}
