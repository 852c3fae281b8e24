// Times of day for axes, tooltips and tables, in the reader's zone, 24 hours, year first: the same in both languages.

const two = (value: number): string => String(value).padStart(2, "0");

export const clock = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

export const day = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

export const dateTime = (seconds: number): string => {
  const date = new Date(seconds * 1000);
  return `${day(date)} ${clock(date)}`;
};

/** The shortest one, in seconds: ticks this far apart say the year. */
const MONTH = 28 * 86_400;

/** Text of ticks `step` seconds apart; the first one and each new day carry the date. */
export function tickLabels(ticks: readonly number[], step: number): string[] {
  let shown = "";
  return ticks.map((tick, index) => {
    const date = new Date(tick * 1000);
    const monthDay = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    if (step >= MONTH) return day(date).slice(0, 7);
    if (step >= 86_400) return monthDay;
    const time = step >= 60 ? clock(date).slice(0, 5) : clock(date);
    const changed = monthDay !== shown && (index > 0 || (date.getHours() === 0 && date.getMinutes() === 0));
    shown = monthDay;
    return changed ? `${time}\n${monthDay}` : time;
  });
}

/** "2026-03-01 12:30:00" as people and Prometheus links write it: UTC there, so callers say which. Null where it is no time. */
export function parseDateTime(text: string, zone: "utc" | "local"): number | null {
  const normal = text.trim().replace(" ", "T");
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(normal)) return null;
  const time = Date.parse(zone === "utc" ? `${normal}Z` : normal);
  return Number.isNaN(time) ? null : time / 1000;
}

/** The inverse of parseDateTime for links: UTC, whole seconds. */
export const utcDateTime = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

/** The inverse of parseDateTime for inputs of the browser: this zone, whole minutes. */
export const localDateTime = (seconds: number): string => dateTime(seconds).slice(0, 16).replace(" ", "T");
