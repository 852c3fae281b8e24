// A group of alerts: what they share, who is told, and each of them.
import { useState } from "preact/hooks";
import type { Notes } from "../../api/alert_notes.ts";
import { Button } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { t } from "../../i18n/translate.ts";
import { equalityMatchers } from "../../matchers/matchers.ts";
import { seriesText } from "../../promql/labels.ts";
import { AlertRow } from "./AlertRow.tsx";
import type { ShownGroup } from "./grouping.ts";
import type { Silencing } from "./SilenceDialog.tsx";

const ALERTS_SHOWN = 20;

interface GroupProps {
  group: ShownGroup;
  notes: Record<string, Notes>;
  onFilter: (matcher: string) => void;
  onSilence: (silencing: Silencing) => void;
}

export function Group({ group, notes, onFilter, onSilence }: GroupProps) {
  const [open, setOpen] = useState(true);
  const [all, setAll] = useState(false);
  const { labels, receiver, alerts } = group;
  const shown = all ? alerts : alerts.slice(0, ALERTS_SHOWN);
  const filterBy = (name: string, value: string): void => onFilter(equalityMatchers({ [name]: value })[0]!);
  const isNamed = Object.keys(labels).length > 0;
  return (
    <section class="card alert-group" aria-label={seriesText(labels)}>
      <div class="alert-group-head">
        <button
          type="button"
          class="fold"
          aria-expanded={open}
          aria-label={t("alerts.groupToggle", { group: seriesText(labels) })}
          onClick={() => setOpen(!open)}
        >
          <Icon name="chevron" />
        </button>
        {isNamed ? (
          <LabelChips labels={labels} onPress={filterBy} pressHint={t("alerts.filterByThis")} />
        ) : (
          <span class="soft">{t("alerts.noGroupLabels")}</span>
        )}
        <span class="badge">{t("alerts.count", { count: alerts.length })}</span>
        {receiver && (
          <span class="small soft receiver">
            <Icon name="send" size={14} /> {receiver}
          </span>
        )}
        <span class="spacer" />
        {isNamed && (
          <Button kind="quiet" icon="silence" onClick={() => onSilence({ labels, title: seriesText(labels) })}>
            {t("alerts.silenceGroup")}
          </Button>
        )}
      </div>
      {open && (
        <ul>
          {shown.map((alert) => (
            <AlertRow
              key={alert.fingerprint}
              alert={alert}
              group={labels}
              notes={notes[alert.fingerprint]}
              onFilter={filterBy}
              onSilence={onSilence}
            />
          ))}
        </ul>
      )}
      {open && shown.length < alerts.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {t("legend.all", { count: alerts.length })}
        </button>
      )}
    </section>
  );
}
