// What an alert is at a glance: how bad, and whether anybody hears of it.
import type { Labels } from "../api/query.ts";
import { type Key, t } from "../i18n/translate.ts";
import { severityTone } from "./severity.ts";

export function Severity({ labels }: { labels: Labels }) {
  const word = labels["severity"];
  return word ? <span class={`badge ${severityTone(labels)}`}>{word}</span> : null;
}

const TONES: Record<string, string> = { firing: "bad", pending: "warn", active: "bad", failing: "bad", resolved: "good", inactive: "good" };

/** `state`: of an alert, a rule, or what keeps an alert quiet. */
export function StateBadge({ state }: { state: string }) {
  const key = `alertState.${state}` as Key;
  return <span class={`badge ${TONES[state] ?? ""}`}>{t(key)}</span>;
}
