// Which alerts matchers would mute now, asked of the server: it decides later too.
import { alertsOfAny } from "../../api/alertmanager.ts";
import { Severity } from "../../components/AlertBadges.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { severityRank } from "../../components/severity.ts";
import { t } from "../../i18n/translate.ts";
import { pairs, seriesText } from "../../promql/labels.ts";
import { useResource } from "../../state/resource.ts";
import type { MatcherSets } from "./wanted.ts";

const ROWS_SHOWN = 8;

/** `sets`: each with matchers. `all`: how many alerts there are. */
export function Preview({ sets, all }: { sets: MatcherSets; all: number }) {
  const key = sets.length === 0 ? null : JSON.stringify(sets);
  const { data, error, loading } = useResource(key, (signal) => alertsOfAny(sets, signal));
  if (key === null) return <p class="silence-preview soft">{t("silence.noMatchers")}</p>;
  if (error !== undefined) return <ErrorNotice error={error} />;
  if (!data) return <Skeleton height={90} />;
  const worst = [...data].sort((a, b) => severityRank(a.labels) - severityRank(b.labels));
  return (
    <div class="silence-preview" aria-busy={loading}>
      <strong aria-live="polite">
        {data.length === 0 ? t("silence.mutesNone") : t("silence.mutes", { count: data.length })}
      </strong>
      {data.length === all && all > 1 && <p class="notice warn">{t("silence.mutesAll")}</p>}
      <ul>
        {worst.slice(0, ROWS_SHOWN).map(({ fingerprint, labels }) => (
          <li key={fingerprint} class="row">
            <Severity labels={labels} />
            <span>{labels["alertname"]}</span>
            <span class="small soft mono preview-labels">{restOf(labels)}</span>
          </li>
        ))}
      </ul>
      {data.length > ROWS_SHOWN && <p class="small soft">{t("chart.more", { count: data.length - ROWS_SHOWN })}</p>}
    </div>
  );
}

const restOf = (labels: Readonly<Record<string, string>>): string =>
  seriesText(Object.fromEntries(pairs(labels).filter(([name]) => name !== "alertname" && name !== "severity")));
