// What a query cost and gave, and what may be done with the answer.
import type { QueryStats } from "../../api/explain.ts";
import { Button } from "../../components/Button.tsx";
import { Copy } from "../../components/Copy.tsx";
import { formatDuration, roughDuration } from "../../format/duration.ts";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import type { Panel } from "../../state/panels.ts";
import { csvFile, curlCommand, download, fileName } from "./exporting.ts";

interface StatsProps {
  panel: Panel;
  milliseconds: number;
  series: number;
  /** Seconds, of a range query. */
  step?: number;
  stats: QueryStats | undefined;
  counted: boolean;
  onCounted: (counted: boolean) => void;
  csv?: () => string;
  image?: () => Promise<Blob>;
  onBack?: (() => void) | null;
}

export function Stats(props: StatsProps) {
  const { panel, milliseconds, series, step, stats, counted, csv, image, onBack } = props;
  const name = fileName(panel.expr);
  return (
    <div class="row stats small faint number">
      <span>{t("query.took", { milliseconds: Math.round(milliseconds) })}</span>
      <span>{t("query.seriesCount", { count: series })}</span>
      {step !== undefined && <span>{t("query.stepOf", { step: formatDuration(step) })}</span>}
      {counted && stats && <Costs stats={stats} />}
      <span class="spacer" />
      <div class="row actions">
        {onBack && (
          <Button icon="back" kind="quiet" onClick={onBack}>
            {t("query.zoomBack")}
          </Button>
        )}
        <button type="button" class="button quiet" aria-pressed={counted} onClick={() => props.onCounted(!counted)}>
          {t("stats.show")}
        </button>
        <Copy text={() => curlCommand(panel, location.origin, Date.now() / 1000)} label="curl" />
        {csv && (
          <Button icon="download" kind="quiet" onClick={() => download(`${name}.csv`, csvFile(csv()))}>
            CSV
          </Button>
        )}
        {image && (
          <Button
            icon="download"
            kind="quiet"
            onClick={() => void image().then((blob) => download(`${name}.png`, blob))}
          >
            PNG
          </Button>
        )}
      </div>
    </div>
  );
}

export function Costs({ stats: { timings, samples } }: { stats: QueryStats }) {
  return (
    <>
      <span>{t("stats.looked", { count: formatValue(samples.totalQueryableSamples, "none") })}</span>
      <span>{t("stats.peak", { count: formatValue(samples.peakSamples, "none") })}</span>
      <span>{t("stats.preparation", { time: roughDuration(timings.queryPreparationTime) })}</span>
      <span>{t("stats.evaluation", { time: roughDuration(timings.innerEvalTime) })}</span>
      <span>{t("stats.queued", { time: roughDuration(timings.execQueueTime) })}</span>
    </>
  );
}
