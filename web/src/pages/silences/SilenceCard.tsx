// One silence: its matchers, how long it still holds, what it mutes, and what can be done with it.
import { useState } from "preact/hooks";
import { expireSilence, type Silence, saveSilence } from "../../api/alertmanager.ts";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { MatcherChips } from "../../components/MatcherChips.tsx";
import { ErrorNotice } from "../../components/Notice.tsx";
import { formatDuration, roughDuration } from "../../format/duration.ts";
import { dateTime } from "../../format/time.ts";
import { t } from "../../i18n/translate.ts";
import { formatMatcher, writeList } from "../../matchers/matchers.ts";
import { address, recordSome } from "../../state/router.ts";
import { HOUR, seconds, toTime } from "./wanted.ts";

const EXTENSIONS = [HOUR, 4 * HOUR, 24 * HOUR];

interface SilenceCardProps {
  silence: Silence;
  /** How many alerts it mutes now. */
  muted: number;
  onChanged: () => void;
}

export function SilenceCard({ silence, muted, onChanged }: SilenceCardProps) {
  const [error, setError] = useState<unknown>(undefined);
  const [asking, setAsking] = useState(false);
  const { state } = silence.status;
  const filters = silence.matchers.map(formatMatcher);
  const change = (work: Promise<unknown>): void => {
    work.then(() => {
      setError(undefined);
      setAsking(false);
      onChanged();
    }, setError);
  };
  const extend = (by: number): void =>
    change(saveSilence({ ...silence, endsAt: toTime(seconds(silence.endsAt) + by) }));
  return (
    <section class="card silence" aria-label={filters.join(", ")}>
      <div class="row">
        <MatcherChips matchers={filters} />
        <Ending silence={silence} />
        <span class="spacer" />
        {state === "active" && (
          <a class="small number" href={address("alerts", { state: "silenced", filter: writeList(filters) })}>
            {t("silences.muted", { count: muted })}
          </a>
        )}
      </div>
      {silence.comment && <p class="silence-comment">{silence.comment}</p>}
      <div class="row silence-foot">
        <span class="small soft">
          {t("silences.by", { by: silence.createdBy, from: dateTime(seconds(silence.startsAt)), to: dateTime(seconds(silence.endsAt)) })}
        </span>
        <span class="spacer" />
        {state !== "expired" &&
          EXTENSIONS.map((by) => (
            <Button key={by} kind="quiet" title={t("silences.extend", { time: formatDuration(by) })} onClick={() => extend(by)}>
              {`+${roughDuration(by)}`}
            </Button>
          ))}
        <Button kind="quiet" icon={state === "expired" ? "duplicate" : "edit"} onClick={() => recordSome({ form: silence.id })}>
          {t(state === "expired" ? "silences.again" : "silences.editShort")}
        </Button>
        {state !== "expired" && (
          <Button kind="quiet" icon="trash" onClick={() => setAsking(true)}>
            {t("silences.expire")}
          </Button>
        )}
      </div>
      {error !== undefined && !asking && <ErrorNotice error={error} />}
      {asking && (
        <Dialog title={t("silences.expireTitle")} onClose={() => setAsking(false)}>
          <p class="mono">{filters.join(", ")}</p>
          <p class="soft">{t("silences.expireHint", { count: muted })}</p>
          {error !== undefined && <ErrorNotice error={error} />}
          <div class="row">
            <span class="spacer" />
            <Button kind="primary" onClick={() => change(expireSilence(silence.id))}>
              {t("silences.expire")}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

function Ending({ silence: { status, startsAt, endsAt } }: { silence: Silence }) {
  const now = Date.now() / 1000;
  const rough = (span: number): string => roughDuration(Math.max(Math.round(span), 0));
  if (status.state === "pending")
    return <span class="badge info">{t("silences.beginsIn", { time: rough(seconds(startsAt) - now) })}</span>;
  if (status.state === "expired") return <span class="badge">{t("silences.ended", { time: rough(now - seconds(endsAt)) })}</span>;
  const left = seconds(endsAt) - now;
  return <span class={left < HOUR ? "badge warn" : "badge good"}>{t("silences.endsIn", { time: rough(left) })}</span>;
}
