// A silence as the form holds it, and what is sent of it.
import type { Silence, WantedSilence } from "../../api/alertmanager.ts";
import { formatMatcher, parseMatcher } from "../../matchers/matchers.ts";

export const HOUR = 3600;
const DAY = 24 * HOUR;
/** Seconds. */
export const DURATIONS = [HOUR / 2, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY] as const;
export const USUAL = 2 * HOUR;

/** What the form begins with. */
export interface FormStart {
  /** Set: this silence is changed. */
  id?: string;
  matchers: string[];
  /** Unix seconds; without them it begins now. */
  startsAt?: number;
  endsAt?: number;
  comment?: string;
}

/** One that is over begins anew, now. */
export function startFrom(silence: Silence): FormStart {
  const { id, matchers, comment, status } = silence;
  const same = { matchers: matchers.map(formatMatcher), comment };
  if (status.state === "expired") return same;
  return { ...same, id, startsAt: seconds(silence.startsAt), endsAt: seconds(silence.endsAt) };
}

export const seconds = (time: string): number => Date.parse(time) / 1000;

export const toTime = (unix: number): string => new Date(unix * 1000).toISOString();

export function wantedSilence(
  matchers: readonly string[],
  { id, startsAt, endsAt, createdBy, comment }: { id?: string; startsAt: number; endsAt: number; createdBy: string; comment: string },
): WantedSilence {
  return {
    ...(id ? { id } : {}),
    matchers: matchers.flatMap((text) => parseMatcher(text) ?? []),
    startsAt: toTime(startsAt),
    endsAt: toTime(endsAt),
    createdBy,
    comment,
  };
}
