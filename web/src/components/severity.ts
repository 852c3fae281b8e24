// How bad an alert is, by its label `severity`: the words that rules commonly use, the worst first.
import type { Labels } from "../api/query.ts";

export type Tone = "bad" | "warn" | "info" | "";

const WORDS: readonly (readonly [Tone, readonly string[]])[] = [
  ["bad", ["emergency", "disaster", "critical", "page", "fatal", "error", "high", "p1", "sev1"]],
  ["warn", ["warning", "warn", "ticket", "major", "medium", "p2", "sev2"]],
  ["info", ["info", "minor", "low", "notice", "p3", "sev3"]],
];

export const severityTone = (labels: Labels): Tone => WORDS[severityRank(labels)]?.[0] ?? "";

/** Smaller is worse. */
export function severityRank(labels: Labels): number {
  const word = (labels["severity"] ?? "").toLowerCase();
  const at = WORDS.findIndex(([, words]) => words.includes(word));
  return at < 0 ? WORDS.length : at;
}
