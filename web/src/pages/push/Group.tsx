// One pushed group: its labels, when it came, and on demand its metrics.
import { useState } from "preact/hooks";
import { deleteGroup, type PushedFamily, type PushedGroup, type PushedMetric } from "../../api/push.ts";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { ErrorNotice } from "../../components/Notice.tsx";
import { roughDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { seriesText } from "../../promql/labels.ts";

interface GroupProps {
  group: PushedGroup;
  onDeleted: () => void;
}

export function Group({ group, onDeleted }: GroupProps) {
  const { labels, succeeded, pushedAt, families } = group;
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const name = seriesText(labels);
  return (
    <section class="card pushed" aria-label={name}>
      <div class="row">
        <button
          type="button"
          class="pushed-toggle"
          aria-expanded={open}
          aria-label={t("push.metricsOf", { name })}
          onClick={() => setOpen(!open)}
        >
          <Icon name="chevron" size={14} />
        </button>
        <LabelChips labels={labels} />
        <span class={succeeded ? "badge good" : "badge bad"}>{t(succeeded ? "push.accepted" : "push.refused")}</span>
        <span class="small soft number">
          {pushedAt === null
            ? t("push.never")
            : t("push.ago", { ago: roughDuration(Math.max(Date.now() / 1000 - pushedAt, 0)) })}
        </span>
        <span class="small faint number">{t("push.families", { count: families.length })}</span>
        <span class="spacer" />
        <Button icon="trash" kind="quiet" onClick={() => setAsking(true)}>
          {t("push.delete")}
        </Button>
      </div>
      {open && families.map((family) => <Family key={family.name} family={family} />)}
      {asking && <Deletion group={group} onClose={() => setAsking(false)} onDeleted={onDeleted} />}
    </section>
  );
}

function Deletion({ group, onClose, onDeleted }: GroupProps & { onClose: () => void }) {
  const [error, setError] = useState<unknown>(undefined);
  const confirm = (): void => {
    deleteGroup(group.labels).then(() => {
      onClose();
      onDeleted();
    }, setError);
  };
  return (
    <Dialog title={t("push.deleteTitle")} onClose={onClose}>
      <LabelChips labels={group.labels} />
      <p class="soft">{t("push.deleteHint")}</p>
      {error !== undefined && <ErrorNotice error={error} />}
      <div class="row">
        <span class="spacer" />
        <Button icon="trash" kind="primary" onClick={confirm}>
          {t("push.delete")}
        </Button>
      </div>
    </Dialog>
  );
}

function Family({ family: { name, type, help, metrics } }: { family: PushedFamily }) {
  return (
    <div class="pushed-family">
      <div class="row">
        <span class="mono">{name}</span>
        <span class="badge">{type.toLowerCase()}</span>
        <span class="small soft">{help}</span>
      </div>
      <div class="scroll-x" tabIndex={0} role="group" aria-label={name}>
        <table>
          <tbody>
            {metrics.map((metric, index) => (
              <tr key={index}>
                <td class="mono">{seriesText(metric.labels)}</td>
                <td class="mono number">{valueText(metric)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function valueText({ value, count, sum, buckets, quantiles }: PushedMetric): string {
  if (value !== undefined) return value;
  const parts = Object.entries({ ...buckets, ...quantiles }).map(([bound, inside]) => `${bound}: ${inside}`);
  return [`count ${count ?? "–"}, sum ${sum ?? "–"}`, ...parts].join("; ");
}
