// Pings that come in and the one that goes out; nothing where neither is configured.
import { heartbeats } from "../../api/heartbeats.ts";
import { formatDuration, roughDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { useResource, useTick } from "../../state/resource.ts";

const REFRESH_SECONDS = 15;

export function HeartbeatsCard() {
  const tick = useTick(REFRESH_SECONDS);
  const { data } = useResource(`${tick}`, heartbeats);
  if (!data || (data.heartbeats.length === 0 && !data.deadman)) return null;
  return (
    <section class="card routing-list heartbeats">
      <h2>{t("heartbeats.title")}</h2>
      <ul>
        {data.deadman && (
          <Beat
            name={t("heartbeats.ours")}
            every={data.deadman.interval}
            last={data.deadman.last}
            isWell={data.deadman.ok}
            error={data.deadman.error}
          />
        )}
        {data.heartbeats.map(({ name, every, last, missing }) => (
          <Beat key={name} name={name} every={every} last={last} isWell={!missing} error="" />
        ))}
      </ul>
    </section>
  );
}

interface BeatProps {
  name: string;
  every: number;
  last: number | null;
  isWell: boolean;
  error: string;
}

function Beat({ name, every, last, isWell, error }: BeatProps) {
  const ago = last === null ? null : roughDuration(Math.max(Math.round(Date.now() / 1000 - last), 0));
  const known = isWell && last === null ? "" : isWell ? "good" : "bad";
  return (
    <li class="row">
      <strong>{name}</strong>
      <span class={`badge ${known}`}>
        {ago === null ? t("heartbeats.never") : t("heartbeats.last", { time: ago })}
      </span>
      <span class="small soft number">{t("rules.every", { interval: formatDuration(every) })}</span>
      {error && <code class="small">{error}</code>}
    </li>
  );
}
