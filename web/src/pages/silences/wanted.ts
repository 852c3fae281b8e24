// A silence as the form holds it, and what is sent of it.
import type { Silence, WantedSilence } from "../../api/alertmanager.ts";
import type { Labels } from "../../api/query.ts";
import { formatMatcher, parseMatcher } from "../../matchers/matchers.ts";

export const HOUR = 3600;
const DAY = 24 * HOUR;
/** Seconds. */
export const DURATIONS = [HOUR / 2, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY] as const;
export const USUAL = 2 * HOUR;

/** Matchers as texts; an alert is silenced that matches all of one set. */
export type MatcherSets = readonly (readonly string[])[];

/** What the form begins with. */
export interface FormStart {
  /** Set: this silence is changed. */
  id?: string;
  sets: MatcherSets;
  /** Unix seconds; without them it begins now. */
  startsAt?: number;
  endsAt?: number;
  createdBy?: string;
  comment?: string;
  annotations?: Labels;
}

export const setsOf = ({ matchers, matcherSets }: Silence): MatcherSets =>
  (matcherSets ?? [matchers]).map((set) => set.map(formatMatcher));

/** One that is over begins anew, now. */
export function startFrom(silence: Silence): FormStart {
  const { id, createdBy, comment, annotations, status } = silence;
  const same = { sets: setsOf(silence), comment, annotations };
  if (status.state === "expired") return same;
  return { ...same, id, createdBy, startsAt: seconds(silence.startsAt), endsAt: seconds(silence.endsAt) };
}

export const seconds = (time: string): number => Date.parse(time) / 1000;

export const toTime = (unix: number): string => new Date(unix * 1000).toISOString();

/** Sets in which something stands. */
export const filledSets = (sets: MatcherSets): MatcherSets => sets.filter((matchers) => matchers.length > 0);

type Wanted = Required<Omit<FormStart, "id">> & { id: string | undefined };

/** `sets`: one at least is filled. A silence of one set is written as every Alertmanager reads it. */
export function wantedSilence({ id, sets, startsAt, endsAt, createdBy, comment, annotations }: Wanted): WantedSilence {
  const read = filledSets(sets).map((matchers) => matchers.flatMap((text) => parseMatcher(text) ?? []));
  return {
    ...(id ? { id } : {}),
    matchers: read[0] ?? [],
    ...(read.length > 1 ? { matcherSets: read } : {}),
    startsAt: toTime(startsAt),
    endsAt: toTime(endsAt),
    createdBy,
    comment,
    annotations,
  };
}
