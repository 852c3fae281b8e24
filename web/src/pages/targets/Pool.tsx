// The targets of one job: up of total, then each with what happened last.
import { useState } from "preact/hooks";
import type { ActiveTarget, Health } from "../../api/targets.ts";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { roughDuration } from "../../format/duration.ts";
import { dateTime } from "../../format/time.ts";
import { t } from "../../i18n/translate.ts";
import { Discovery } from "./Discovery.tsx";

const TONE: Record<Health, string> = { up: "good", down: "bad", unknown: "" };

export function Pool({ name, targets }: { name: string; targets: readonly ActiveTarget[] }) {
  const [open, setOpen] = useState(true);
  const up = targets.filter(({ health }) => health === "up").length;
  return (
    <section class="card pool">
      <h2>
        <button type="button" class="pool-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="chevron" />
          <span class="pool-name">{name}</span>
          <span class={`badge ${up === targets.length ? "good" : up === 0 ? "bad" : "warn"}`}>{t("targets.upOf", { up, total: targets.length })}</span>
        </button>
      </h2>
      {open && (
        <ul>
          {targets.map((target) => (
            <TargetRow key={target.scrapeUrl + JSON.stringify(target.labels)} target={target} />
          ))}
        </ul>
      )}
    </section>
  );
}

function TargetRow({ target }: { target: ActiveTarget }) {
  const [open, setOpen] = useState(false);
  return (
    <li class="target">
      <div class="target-line">
        <span class={`badge ${TONE[target.health] ?? ""}`}>{t(`health.${target.health}`)}</span>
        <a class="mono target-url" href={target.globalUrl || target.scrapeUrl} target="_blank" rel="noreferrer">
          {target.scrapeUrl}
        </a>
        <LastScrape target={target} />
      </div>
      {target.lastError && <code class="target-error">{target.lastError}</code>}
      <div class="target-line">
        <LabelChips labels={target.labels} />
        <span class="spacer" />
        <button type="button" class="link small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "targets.hideDiscovered" : "targets.showDiscovered")}
        </button>
      </div>
      {open && <Discovery pool={target.scrapePool} labels={target.discoveredLabels} />}
    </li>
  );
}

function LastScrape({ target }: { target: ActiveTarget }) {
  const at = Date.parse(target.lastScrape) / 1000;
  const every = t("targets.every", { interval: target.scrapeInterval, timeout: target.scrapeTimeout });
  if (!(at > 0)) return <span class="small faint" title={every}>{t("targets.never")}</span>;
  const ago = Math.max(0, Math.round(Date.now() / 1000 - at));
  return (
    <span class="small soft number" title={`${dateTime(at)} · ${every}`}>
      {t("targets.scraped", { ago: roughDuration(ago), took: roughDuration(target.lastScrapeDuration) })}
    </span>
  );
}
