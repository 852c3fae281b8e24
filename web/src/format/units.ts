// A number with its unit, short enough for an axis and exact enough to read: 3-4 significant digits.
import { roughDuration } from "./duration.ts";

/** What a value counts. `ratio` is 0..1 and shows as percent; the `/s` forms are rates. */
export type Unit =
  | "none"
  | "per-second"
  | "bytes"
  | "bytes/s"
  | "bits/s"
  | "seconds"
  | "ratio"
  | "percent"
  | "celsius"
  | "hertz"
  | "volts"
  | "timestamp";

interface Prefixes {
  base: number;
  /** By power of the base; what stands right behind the number. */
  names: readonly string[];
}

const SI: Prefixes = { base: 1000, names: ["", "k", "M", "G", "T", "P", "E"] };
const SI_SPACED: Prefixes = { base: 1000, names: [" ", " k", " M", " G", " T", " P", " E"] };
const IEC: Prefixes = { base: 1024, names: [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"] };

const SIGNIFICANT = 3;

export function formatValue(value: number, unit: Unit, significant = SIGNIFICANT): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return FORMATS[unit](value, significant);
}

/** Neighbouring ticks must differ: as many digits as that takes. */
export function formatTicks(ticks: readonly number[], unit: Unit): string[] {
  for (let significant = SIGNIFICANT; ; significant++) {
    const labels = ticks.map((tick) => formatValue(tick, unit, significant));
    if (new Set(labels).size === labels.length || significant >= 9) return labels;
  }
}

const FORMATS: Record<Unit, (value: number, significant: number) => string> = {
  none: (value, significant) => scaled(value, SI, significant),
  "per-second": (value, significant) => `${scaled(value, SI, significant)}/s`,
  bytes: (value, significant) => scaled(value, IEC, significant),
  "bytes/s": (value, significant) => `${scaled(value, IEC, significant)}/s`,
  "bits/s": (value, significant) => `${scaled(value, SI_SPACED, significant)}bit/s`,
  seconds: (value) => (value < 0 ? `-${roughDuration(-value)}` : value === 0 ? "0s" : roughDuration(value)),
  ratio: (value, significant) => percent(value * 100, significant),
  percent,
  celsius: (value, significant) => `${digits(value, significant)} °C`,
  hertz: (value, significant) => `${scaled(value, SI_SPACED, significant)}Hz`,
  volts: (value, significant) => `${digits(value, significant)} V`,
  timestamp: (value) => new Date(value * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z"),
};

function scaled(value: number, { base, names }: Prefixes, significant: number): string {
  let size = Math.abs(value);
  let power = 0;
  while (size >= base * 0.9995 && power < names.length - 1) {
    size /= base;
    power += 1;
  }
  return digits(Math.sign(value) * size, significant) + names[power]!;
}

/** Nobody reads a ten-thousandth of a percent: two decimals at most, unless more digits are asked for. */
function percent(value: number, significant: number): string {
  const size = Math.abs(value);
  if (size === 0 || size >= 1 || significant > SIGNIFICANT) return `${digits(value, significant)}%`;
  if (size < 0.005) return value < 0 ? "-0%" : "<0.01%";
  return `${Number(value.toFixed(2))}%`;
}

/** All of the whole part, then as many digits as are significant, no trailing zeros; tiny numbers keep an exponent. */
function digits(value: number, significant: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4) return value.toExponential(significant - 2);
  if (size >= 10 ** (significant - 1)) return String(Math.round(value));
  return String(Number(value.toPrecision(significant)));
}

/** Distances between ticks that read well in this unit; uPlot picks among them. */
export function tickSteps(unit: Unit): number[] {
  if (unit === "bytes" || unit === "bytes/s") {
    return Array.from({ length: 64 }, (_, power) => 2 ** (power - 2));
  }
  if (unit === "seconds") {
    return [...decades(-9, 0), 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, ...decades(0, 8).map((n) => n * 86400)];
  }
  return decades(-12, 24);
}

function decades(from: number, to: number): number[] {
  const steps: number[] = [];
  for (let power = from; power < to; power++) for (const lead of [1, 2, 2.5, 5]) steps.push(Number(`${lead}e${power}`));
  return steps;
}
