// What became of alerts, event by event, in the reader's words.
import type { AlertEvent } from "../../api/alert_history.ts";
import { LabelChips } from "../../components/LabelChips.tsx";
import { dateTime } from "../../format/time.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { address } from "../../state/router.ts";

/** `named`: each event says of which alert it is. */
export function Events({ events, named }: { events: readonly AlertEvent[]; named: boolean }) {
  return (
    <ul class="events">
      {events.map((event, place) => (
        <Event key={`${event.time} ${place}`} event={event} named={named} />
      ))}
    </ul>
  );
}

const TONES: Record<string, string> = {
  firing: "bad",
  notify_failed: "bad",
  pending: "warn",
  resolved: "good",
  acknowledged: "info",
  notified: "info",
};

function Event({ event, named }: { event: AlertEvent; named: boolean }) {
  const { alertname, ...others } = event.labels;
  return (
    <li>
      <div class="row">
        <span class="small soft number">{dateTime(event.time)}</span>
        {named && (
          <a href={address("alerts", { alert: event.fingerprint })}>
            <strong>{alertname ?? t("alerts.unnamed")}</strong>
          </a>
        )}
        <span class={`badge ${TONES[event.event] ?? ""}`}>{t(`event.${event.event}` as Key)}</span>
        <Details event={event} />
      </div>
      {named && <LabelChips labels={others} />}
    </li>
  );
}

/** By whom or by what, to whom, and what was said. */
function Details({ event: { event, by, receiver, integration, text } }: { event: AlertEvent }) {
  const said = text && event === "notified" ? reasonText(text) : text;
  return (
    <>
      {receiver && <span class="small">{`${receiver} ${integration}`}</span>}
      {by && <By event={event} by={by} />}
      {said && <span class="small soft event-text">{said}</span>}
    </>
  );
}

function By({ event, by }: { event: string; by: string }) {
  if (event.endsWith("inhibited")) return <a class="small mono" href={address("alerts", { alert: by })}>{by}</a>;
  if (!event.endsWith("silenced")) return <span class="small">{by}</span>;
  return by.split(/,\s*/).map((id) => (
    <a key={id} class="small mono" href={address("silences", { q: id })}>
      {id}
    </a>
  ));
}

/** Why a notification was sent; the server's own words where it has a newer reason than this page. */
const REASONS: Record<string, Key> = {
  "first notification": "reason.first",
  "new alerts added": "reason.new",
  "some alerts resolved": "reason.someResolved",
  "all alerts resolved": "reason.allResolved",
  "repeat interval elapsed": "reason.repeat",
};

const reasonText = (reason: string): string => (REASONS[reason] ? t(REASONS[reason]) : reason);
