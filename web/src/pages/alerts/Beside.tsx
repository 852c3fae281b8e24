// What else began in the same minutes, with the labels that it shares.
import type { Neighbour } from "../../api/why.ts";
import { Severity, StateBadge } from "../../components/AlertBadges.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { roughDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { address } from "../../state/router.ts";

const ROWS_SHOWN = 12;

export function Beside({ neighbours }: { neighbours: readonly Neighbour[] }) {
  return (
    <section class="card alert-card">
      <h2>{t("alert.beside")}</h2>
      {neighbours.length === 0 && <p class="soft">{t("alert.nothingBeside")}</p>}
      <ul class="beside">
        {neighbours.slice(0, ROWS_SHOWN).map((one) => (
          <Row key={one.fingerprint} neighbour={one} />
        ))}
      </ul>
      {neighbours.length > ROWS_SHOWN && (
        <p class="small soft">{t("chart.more", { count: neighbours.length - ROWS_SHOWN })}</p>
      )}
    </section>
  );
}

function Row({ neighbour: { fingerprint, labels, after, endsAt, shared } }: { neighbour: Neighbour }) {
  const time = roughDuration(Math.abs(Math.round(after)));
  const when = Math.round(after) === 0 ? t("alert.sameTime") : t(after < 0 ? "alert.before" : "alert.after", { time });
  return (
    <li class="row">
      <a href={address("alerts", { alert: fingerprint })}>{labels["alertname"] ?? t("alerts.unnamed")}</a>
      <Severity labels={labels} />
      {endsAt !== null && <StateBadge state="resolved" />}
      <span class="small soft number">{when}</span>
      <LabelChips labels={Object.fromEntries(shared.map((name) => [name, labels[name] ?? ""]))} />
    </li>
  );
}
