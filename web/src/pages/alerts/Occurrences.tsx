// When this alert fired before: bars on a line of time, then the last ones in words.
import type { Occurrence, Why } from "../../api/why.ts";
import { roughDuration } from "../../format/duration.ts";
import { dateTime } from "../../format/time.ts";
import { t } from "../../i18n/translate.ts";

const ROWS_SHOWN = 6;
const HOUR = 3600;
/** Shorter bars could not be seen. Percent. */
const BAR_MIN = 0.6;

export function Occurrences({ why: { occurrences, count, medianSeconds } }: { why: Why }) {
  const usual = medianSeconds === null ? "" : t("alert.usually", { duration: roughDuration(medianSeconds) });
  return (
    <section class="card alert-card">
      <div class="row">
        <h2>{t("alert.occurrences")}</h2>
        <span class="small soft number">{`${t("alert.times", { count })} ${usual}`}</span>
      </div>
      {occurrences.length === 0 ? <p class="soft">{t("alert.firstTime")}</p> : <Line occurrences={occurrences} />}
      <ul class="occurrences">
        {occurrences.slice(0, ROWS_SHOWN).map((one) => (
          <Row key={one.startsAt} occurrence={one} />
        ))}
      </ul>
    </section>
  );
}

function Line({ occurrences }: { occurrences: readonly Occurrence[] }) {
  const now = Date.now() / 1000;
  const first = Math.min(...occurrences.map(({ startsAt }) => startsAt), now - HOUR);
  const place = (time: number): number => (100 * (time - first)) / (now - first);
  return (
    <div class="timeline" role="img" aria-label={t("alert.timeline", { count: occurrences.length, from: dateTime(first) })}>
      <div class="timeline-line">
        {occurrences.map(({ startsAt, endsAt }) => {
          const width = Math.max(place(endsAt ?? now) - place(startsAt), BAR_MIN);
          return (
            <i
              key={startsAt}
              class={endsAt === null ? "firing" : ""}
              style={{ left: `${Math.min(place(startsAt), 100 - BAR_MIN)}%`, width: `${width}%` }}
            />
          );
        })}
      </div>
      <div class="row small faint number">
        <span>{dateTime(first).slice(0, 16)}</span>
        <span class="spacer" />
        <span>{t("alert.now")}</span>
      </div>
    </div>
  );
}

function Row({ occurrence: { startsAt, endsAt, seconds, notifications, failures, acknowledgedBy } }: { occurrence: Occurrence }) {
  return (
    <li class="row">
      <span class="number">{dateTime(startsAt)}</span>
      <span class={endsAt === null ? "badge bad" : "badge"}>{roughDuration(Math.max(seconds, 0))}</span>
      <span class="small soft number">{t("alert.notifications", { count: notifications })}</span>
      {failures > 0 && <span class="badge bad">{t("alert.failures", { count: failures })}</span>}
      {acknowledgedBy && <span class="small soft">{t("notes.acknowledgedBy", { by: acknowledgedBy })}</span>}
    </li>
  );
}
