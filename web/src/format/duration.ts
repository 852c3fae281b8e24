// Durations in the words of PromQL: "1h30m", "15s", "250ms".

const UNITS: readonly (readonly [string, number])[] = [
  ["y", 365 * 86_400],
  ["w", 7 * 86_400],
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
  ["ms", 0.001],
];
const SECONDS = new Map(UNITS);

/** Seconds of "1h30m" or of a plain number of seconds; null where the text is neither or not above zero. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) || null;
  if (!/^(\d+(ms|[ywdhms]))+$/.test(trimmed)) return null;
  let seconds = 0;
  for (const [, count, unit] of trimmed.matchAll(/(\d+)(ms|[ywdhms])/g)) seconds += Number(count) * SECONDS.get(unit!)!;
  return seconds || null;
}

/** The shortest exact text: 5400 -> "1h30m". Years and weeks are not used, people read days. */
export function formatDuration(seconds: number): string {
  let rest = Math.round(seconds * 1000);
  let text = "";
  for (const [unit, size] of UNITS.slice(2)) {
    const whole = Math.round(size * 1000);
    const count = Math.floor(rest / whole);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * whole;
  }
  return text || "0s";
}

/** Two units at most, for reading: 93784 -> "1d 2h". */
export function roughDuration(seconds: number): string {
  if (seconds === 0) return "0s";
  if (seconds < 1) return seconds < 0.001 ? `${(seconds * 1e6).toFixed(0)}µs` : `${trim(seconds * 1000)}ms`;
  if (seconds < 60) return `${trim(seconds)}s`;
  const parts = UNITS.slice(2, 6);
  const first = parts.findIndex(([, size]) => seconds >= size);
  const [unit, size] = parts[first]!;
  const count = Math.floor(seconds / size);
  const next = parts[first + 1];
  const rest = next ? Math.floor((seconds - count * size) / next[1]) : 0;
  return `${count}${unit}${rest && next ? ` ${rest}${next[0]}` : ""}`;
}

const trim = (value: number): string => String(Number(value.toPrecision(3)));
