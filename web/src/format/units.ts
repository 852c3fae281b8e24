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

const SI = ["", "k", "M", "G", "T", "P", "E"] as const;
const IEC = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;

export function formatValue(value: number, unit: Unit): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return FORMATS[unit](value);
}

const FORMATS: Record<Unit, (value: number) => string> = {
  none: (value) => scaled(value, 1000, SI, ""),
  "per-second": (value) => `${scaled(value, 1000, SI, "")}/s`,
  bytes: (value) => scaled(value, 1024, IEC, " "),
  "bytes/s": (value) => `${scaled(value, 1024, IEC, " ")}/s`,
  "bits/s": (value) => `${scaled(value, 1000, SI, " ")}bit/s`,
  seconds: (value) => (value < 0 ? `-${roughDuration(-value)}` : value === 0 ? "0s" : roughDuration(value)),
  ratio: (value) => percent(value * 100),
  percent,
  celsius: (value) => `${digits(value)} °C`,
  hertz: (value) => `${scaled(value, 1000, SI, " ")}Hz`,
  volts: (value) => `${digits(value)} V`,
  timestamp: (value) => new Date(value * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z"),
};

function scaled(value: number, base: number, names: readonly string[], gap: string): string {
  let size = Math.abs(value);
  let power = 0;
  while (size >= base * 0.9995 && power < names.length - 1) {
    size /= base;
    power += 1;
  }
  const number = digits(Math.sign(value) * size);
  return names[power] ? `${number}${gap}${names[power]}` : number;
}

/** Nobody reads a ten-thousandth of a percent: two decimals at most. */
function percent(value: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 0.005) return value < 0 ? "-0%" : "<0.01%";
  return `${size >= 100 ? Math.round(value) : Number(size >= 1 ? value.toPrecision(3) : value.toFixed(2))}%`;
}

/** Three significant digits, all of the whole part, no trailing zeros; tiny numbers keep an exponent. */
function digits(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4) return value.toExponential(1);
  if (size >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** Distances between ticks that read well in this unit; uPlot picks among them. */
export function tickSteps(unit: Unit): number[] {
  if (unit === "bytes" || unit === "bytes/s") {
    return Array.from({ length: 64 }, (_, power) => 2 ** (power - 2));
  }
  if (unit === "seconds") {
    return [...decades(-9, 0), 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, ...decades(0, 8).map((n) => n * 86400)];
  }
  return decades(-12, 24);
}

function decades(from: number, to: number): number[] {
  const steps: number[] = [];
  for (let power = from; power < to; power++) for (const lead of [1, 2, 2.5, 5]) steps.push(Number(`${lead}e${power}`));
  return steps;
}
