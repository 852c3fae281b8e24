// One alert in a list: how bad, since when, what it says, and the way to silence it or to look into it.
import type { Alert } from "../../api/alertmanager.ts";
import type { Notes } from "../../api/alert_notes.ts";
import type { Labels } from "../../api/query.ts";
import { Severity, StateBadge } from "../../components/AlertBadges.tsx";
import { Button } from "../../components/Button.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { severityTone } from "../../components/severity.ts";
import { roughDuration } from "../../format/duration.ts";
import { dateTime } from "../../format/time.ts";
import { inLanguage } from "../../i18n/annotations.ts";
import { t } from "../../i18n/translate.ts";
import { language } from "../../state/preferences.ts";
import { address, location } from "../../state/router.ts";
import { ownLabels, standingOf } from "./grouping.ts";
import type { Silencing } from "./SilenceDialog.tsx";

interface AlertRowProps {
  alert: Alert;
  /** Labels that the group has said. */
  group: Labels;
  notes: Notes | undefined;
  onFilter: (name: string, value: string) => void;
  onSilence: (silencing: Silencing) => void;
}

export function AlertRow({ alert, group, notes, onFilter, onSilence }: AlertRowProps) {
  const { labels } = alert;
  const { summary, description, message } = inLanguage(alert.annotations, language.value);
  const standing = standingOf(alert);
  const name = labels["alertname"] ?? t("alerts.unnamed");
  const began = Date.parse(alert.startsAt) / 1000;
  return (
    <li class={`alert ${severityTone(labels)} ${standing}`}>
      <div class="alert-line">
        <a class="alert-name" href={addressOf(alert.fingerprint)}>
          {name}
        </a>
        <Severity labels={labels} />
        {standing !== "active" && <StateBadge state={standing} />}
        {notes && <NoteBadges notes={notes} />}
        <span class="small soft number" title={dateTime(began)}>
          {roughDuration(Math.max(Math.round(Date.now() / 1000 - began), 0))}
        </span>
        <span class="spacer" />
        {standing !== "silenced" && (
          <Button kind="quiet" icon="silence" onClick={() => onSilence({ labels, title: name })}>
            {t("alerts.silence")}
          </Button>
        )}
      </div>
      <p class="alert-summary">{summary ?? description ?? message}</p>
      <LabelChips labels={ownLabels(alert, group)} onPress={onFilter} pressHint={t("alerts.filterByThis")} />
    </li>
  );
}

function NoteBadges({ notes }: { notes: Notes }) {
  return (
    <>
      {notes.acknowledged && (
        <span class="badge info" title={untilText(notes.acknowledged.until)}>
          {t("notes.acknowledgedBy", { by: nameOf(notes.acknowledged.by) })}
        </span>
      )}
      {notes.assignee && <span class="badge">{t("notes.assignedTo", { assignee: notes.assignee })}</span>}
    </>
  );
}

const untilText = (until: number | null): string =>
  until === null ? t("notes.untilResolved") : t("notes.until", { time: dateTime(until) });

const nameOf = (user: string): string => user || t("notes.nobody");

/** The list as it is filtered stays in the address, so that the way back leads to it. */
function addressOf(fingerprint: string): string {
  const parameters = new URLSearchParams(location.value.parameters);
  parameters.set("alert", fingerprint);
  return address("alerts", parameters);
}
