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
import { address, recordSome } from "../../state/router.ts";
import { HOUR, type MatcherSets, seconds, setsOf, toTime } from "./wanted.ts";

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
  const sets = setsOf(silence);
  const text = sets.map((matchers) => matchers.join(", ")).join(` ${t("silences.or")} `);
  const change = (work: Promise<unknown>): void => {
    work.then(() => {
      setError(undefined);
      onChanged();
    }, setError);
    setAsking(false);
  };
  return (
    <section class="card silence" aria-label={text}>
      <div class="row">
        <Sets sets={sets} />
        <Ending silence={silence} />
        <span class="spacer" />
        {silence.status.state === "active" && (
          <a class="small number" href={address("alerts", { state: "all", silence: silence.id })}>
            {t("silences.muted", { count: muted })}
          </a>
        )}
      </div>
      {silence.comment && <p class="silence-comment">{silence.comment}</p>}
      <Foot silence={silence} change={change} onExpire={() => setAsking(true)} />
      {error !== undefined && <ErrorNotice error={error} />}
      {asking && (
        <Expiry
          text={text}
          muted={muted}
          onClose={() => setAsking(false)}
          onExpire={() => change(expireSilence(silence.id))}
        />
      )}
    </section>
  );
}

/** Several sets stand below each other: an alert that matches all of one of them is silenced. */
function Sets({ sets }: { sets: MatcherSets }) {
  if (sets.length === 1) return <MatcherChips matchers={sets[0]!} />;
  return (
    <div class="silence-sets">
      <span class="small soft">{t("silences.anyOf", { count: sets.length })}</span>
      {sets.map((matchers, place) => (
        <div key={place} class="row">
          {place > 0 && <span class="small soft">{t("silences.or")}</span>}
          <MatcherChips matchers={matchers} />
        </div>
      ))}
    </div>
  );
}

interface FootProps {
  silence: Silence;
  change: (work: Promise<unknown>) => void;
  onExpire: () => void;
}

function Foot({ silence, change, onExpire }: FootProps) {
  const { id, createdBy, startsAt, endsAt } = silence;
  const [from, to] = [dateTime(seconds(startsAt)), dateTime(seconds(endsAt))];
  const isOver = silence.status.state === "expired";
  const extend = (by: number): void => change(saveSilence({ ...silence, endsAt: toTime(seconds(endsAt) + by) }));
  return (
    <div class="row silence-foot">
      <span class="small soft">{t("silences.by", { by: createdBy, from, to })}</span>
      <span class="spacer" />
      {!isOver &&
        EXTENSIONS.map((by) => (
          <Button
            key={by}
            kind="quiet"
            title={t("silences.extend", { time: formatDuration(by) })}
            onClick={() => extend(by)}
          >
            {`+${roughDuration(by)}`}
          </Button>
        ))}
      <Button kind="quiet" icon={isOver ? "duplicate" : "edit"} onClick={() => recordSome({ form: id })}>
        {t(isOver ? "silences.again" : "silences.editShort")}
      </Button>
      {!isOver && (
        <Button kind="quiet" icon="trash" onClick={onExpire}>
          {t("silences.expire")}
        </Button>
      )}
    </div>
  );
}

interface ExpiryProps {
  text: string;
  muted: number;
  onClose: () => void;
  onExpire: () => void;
}

function Expiry({ text, muted, onClose, onExpire }: ExpiryProps) {
  return (
    <Dialog title={t("silences.expireTitle")} onClose={onClose}>
      <p class="mono">{text}</p>
      <p class="soft">{t("silences.expireHint", { count: muted })}</p>
      <div class="row">
        <span class="spacer" />
        <Button kind="primary" onClick={onExpire}>
          {t("silences.expire")}
        </Button>
      </div>
    </Dialog>
  );
}

function Ending({ silence: { status, startsAt, endsAt } }: { silence: Silence }) {
  const now = Date.now() / 1000;
  const rough = (span: number): string => roughDuration(Math.max(Math.round(span), 0));
  if (status.state === "pending")
    return <span class="badge info">{t("silences.beginsIn", { time: rough(seconds(startsAt) - now) })}</span>;
  if (status.state === "expired")
    return <span class="badge">{t("silences.ended", { time: rough(now - seconds(endsAt)) })}</span>;
  const left = seconds(endsAt) - now;
  return <span class={left < HOUR ? "badge warn" : "badge good"}>{t("silences.endsIn", { time: rough(left) })}</span>;
}
