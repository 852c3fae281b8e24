// The history of alerts: of one on its own page, of all (also of those that are over) beside the list of what fires.
import { useState } from "preact/hooks";
import { alertHistory } from "../../api/alert_history.ts";
import { Choice } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { MatcherInput } from "../../components/MatcherInput.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { formatDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { readList, writeList } from "../../matchers/matchers.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { address, location, recordSome } from "../../state/router.ts";
import { Events } from "./Events.tsx";

const REFRESH_SECONDS = 15;
const DAY = 86_400;
const SPANS = [DAY / 24, DAY, 7 * DAY, 30 * DAY];
/** As long as the server keeps events by default. */
const ALL_DAYS = 400;
const EVENTS_SHOWN = 200;
const FEW_SHOWN = 8;

/** `refreshed`: changes when it shall be asked again. */
export function HistoryCard({ fingerprint, refreshed }: { fingerprint: string; refreshed: string }) {
  const [all, setAll] = useState(false);
  const start = Date.now() / 1000 - ALL_DAYS * DAY;
  const { data, error } = useResource(`${fingerprint} ${refreshed}`, (signal) =>
    alertHistory({ fingerprint, start, limit: EVENTS_SHOWN }, signal),
  );
  const events = data?.events ?? [];
  return (
    <section class="card alert-card">
      <h2>{t("alerts.history")}</h2>
      {error !== undefined && <ErrorNotice error={error} />}
      {data && events.length === 0 && <p class="soft">{t("alerts.noEvents")}</p>}
      <Events events={all ? events : events.slice(0, FEW_SHOWN)} named={false} />
      {!all && events.length > FEW_SHOWN && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {t("legend.all", { count: events.length })}
        </button>
      )}
    </section>
  );
}

/** At `?view=history`, narrowed by `filter` and `span`. */
export function HistoryList() {
  const { parameters } = location.value;
  const filters = readList(parameters.get("filter") ?? "");
  const span = Number(parameters.get("span")) || DAY;
  const tick = useTick(REFRESH_SECONDS);
  const match = filters.length > 0 ? writeList(filters) : undefined;
  const { data, error } = useResource(`${match} ${span} ${tick}`, (signal) =>
    alertHistory({ match, start: Date.now() / 1000 - span, limit: EVENTS_SHOWN }, signal),
  );
  return (
    <div class="page stack">
      <a class="back" href={address("alerts", match ? { filter: match } : {})}>
        <Icon name="back" /> {t("alert.back")}
      </a>
      <header class="page-head">
        <h1>{t("alerts.history")}</h1>
        <Choice
          label={t("alerts.historySpan")}
          value={String(span)}
          options={SPANS.map((one) => ({ value: String(one), text: formatDuration(one) }))}
          onChange={(chosen) => recordSome({ span: chosen })}
        />
      </header>
      <MatcherInput
        label={t("alerts.filter")}
        placeholder={t("alerts.filterHint")}
        matchers={filters}
        onChange={(next) => recordSome({ filter: writeList(next) })}
        known={(data?.events ?? []).map(({ labels }) => labels)}
      />
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={420} />}
      {data && (
        <section class="card alert-card">
          {data.events.length === 0 && error === undefined && <Empty title={t("alerts.noEvents")} />}
          <Events events={data.events} named />
          {data.truncated && <p class="small soft">{t("alerts.moreEvents", { count: data.events.length })}</p>}
        </section>
      )}
    </div>
  );
}
