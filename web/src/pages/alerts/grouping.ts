// Alerts into groups: as the pipeline notifies them, or by labels that the reader chooses; the worst group first.
import type { Alert, AlertGroup } from "../../api/alertmanager.ts";
import type { Labels } from "../../api/query.ts";
import { severityRank } from "../../components/severity.ts";
import { seriesText } from "../../promql/labels.ts";

/** What keeps an alert quiet; the first that holds. */
export const STANDINGS = ["active", "silenced", "inhibited", "muted"] as const;
export type Standing = (typeof STANDINGS)[number];

export interface ShownGroup {
  key: string;
  labels: Labels;
  /** Empty where the reader groups. */
  receiver: string;
  alerts: Alert[];
}

export function standingOf({ status }: Alert): Standing {
  if (status.silencedBy.length > 0) return "silenced";
  if (status.inhibitedBy.length > 0) return "inhibited";
  return status.mutedBy.length > 0 ? "muted" : "active";
}

/** Each alert once, though several routes take it; one that any route leaves audible counts as that. */
export function distinctAlerts(groups: readonly AlertGroup[]): Alert[] {
  const found = new Map<string, Alert>();
  for (const { alerts } of groups) {
    for (const alert of alerts) {
      const known = found.get(alert.fingerprint);
      if (!known || known.status.mutedBy.length > alert.status.mutedBy.length) found.set(alert.fingerprint, alert);
    }
  }
  return [...found.values()];
}

/** Groups of what this silence mutes; an empty id: all groups. */
export function mutedBy(groups: readonly AlertGroup[], silence: string): readonly AlertGroup[] {
  if (!silence) return groups;
  return groups.map((group) => ({
    ...group,
    alerts: group.alerts.filter(({ status }) => status.silencedBy.includes(silence)),
  }));
}

export const countStandings = (alerts: readonly Alert[]): Record<Standing, number> => {
  const counts = { active: 0, silenced: 0, inhibited: 0, muted: 0 };
  for (const alert of alerts) counts[standingOf(alert)] += 1;
  return counts;
};

/** `names` empty: as the pipeline groups. */
export function shownGroups(
  groups: readonly AlertGroup[],
  names: readonly string[],
  standing: Standing | "all",
): ShownGroup[] {
  const all = names.length === 0 ? groups.map(ofPipeline) : byLabels(distinctAlerts(groups), names);
  return all
    .map((group) => ({
      ...group,
      alerts: ordered(group.alerts.filter((one) => standing === "all" || standingOf(one) === standing)),
    }))
    .filter(({ alerts }) => alerts.length > 0)
    .sort((a, b) => compareAlerts(a.alerts[0]!, b.alerts[0]!) || (a.key < b.key ? -1 : 1));
}

const ofPipeline = ({ labels, receiver, alerts }: AlertGroup): ShownGroup => ({
  key: `${receiver.name} ${seriesText(labels)}`,
  labels,
  receiver: receiver.name,
  alerts,
});

function byLabels(alerts: readonly Alert[], names: readonly string[]): ShownGroup[] {
  const groups = new Map<string, ShownGroup>();
  for (const alert of alerts) {
    const labels = Object.fromEntries(
      names.flatMap((name) => (name in alert.labels ? [[name, alert.labels[name]!]] : [])),
    );
    const key = seriesText(labels);
    const group = groups.get(key) ?? { key, labels, receiver: "", alerts: [] };
    group.alerts.push(alert);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const ordered = (alerts: Alert[]): Alert[] => alerts.sort(compareAlerts);

/** The worse, then the newer first. */
const compareAlerts = (a: Alert, b: Alert): number =>
  severityRank(a.labels) - severityRank(b.labels) || (a.startsAt > b.startsAt ? -1 : a.startsAt < b.startsAt ? 1 : 0);

/** The labels of an alert that its group does not say already. */
export const ownLabels = (alert: Alert, group: Labels): Labels =>
  Object.fromEntries(
    Object.entries(alert.labels).filter(([name]) => !(name in group) && name !== "alertname" && name !== "severity"),
  );
