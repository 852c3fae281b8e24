// What is scraped, by job: health, last error, last scrape; and what relabelling dropped.
import { useMemo } from "preact/hooks";
import "./targets.css";
import { type ActiveTarget, type DroppedTarget, type Health, targets } from "../../api/targets.ts";
import { Choice } from "../../components/Button.tsx";
import { Search, Select } from "../../components/Fields.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { location, recordSome } from "../../state/router.ts";
import { DroppedPool } from "./DroppedPool.tsx";
import { byPool, matches, poolOf } from "./filter.ts";
import { Pool } from "./Pool.tsx";

const REFRESH_SECONDS = 10;

export default function TargetsPage() {
  const tick = useTick(REFRESH_SECONDS);
  const { data, error } = useResource(`targets ${tick}`, targets);
  const { parameters } = location.value;
  const dropped = parameters.get("tab") === "dropped";
  const words = parameters.get("q") ?? "";
  const pool = parameters.get("pool") ?? "";
  const pools = useMemo(() => poolNames(data?.activeTargets, data?.droppedTargets), [data]);
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.targets")}</h1>
        {data && (
          <Choice
            label={t("targets.which")}
            value={dropped ? "dropped" : "active"}
            options={[
              { value: "active", text: t("targets.active", { count: data.activeTargets.length }) },
              { value: "dropped", text: t("targets.dropped", { count: droppedCount(data.droppedTargetCounts, data.droppedTargets) }) },
            ]}
            onChange={(tab) => recordSome({ tab: tab === "dropped" ? tab : "", health: "" })}
          />
        )}
        <span class="spacer" />
        <div class="targets-filter">
          <Select
            label={t("targets.pool")}
            value={pool}
            options={[{ value: "", text: t("targets.allPools") }, ...pools.map((name) => ({ value: name, text: name }))]}
            onChange={(value) => recordSome({ pool: value })}
          />
          <Search label={t("targets.search")} value={words} onInput={(value) => recordSome({ q: value })} />
        </div>
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={420} />}
      {data && (dropped ? <Dropped targets={data.droppedTargets} words={words} pool={pool} /> : <Active targets={data.activeTargets} words={words} pool={pool} />)}
    </div>
  );
}

function Active({ targets: all, words, pool }: { targets: readonly ActiveTarget[]; words: string; pool: string }) {
  const health = (location.value.parameters.get("health") ?? "") as Health | "";
  const inPool = all.filter((target) => (!pool || target.scrapePool === pool) && matches(target, words));
  const count = (wanted: Health): number => inPool.filter((target) => target.health === wanted).length;
  const shown = byPool(inPool.filter((target) => !health || target.health === health));
  return (
    <>
      <Choice<Health | "">
        label={t("targets.health")}
        value={health}
        options={[
          { value: "", text: t("targets.all", { count: inPool.length }) },
          { value: "up", text: <><i class="dot good" /> {t("health.up")} {count("up")}</> },
          { value: "down", text: <><i class="dot bad" /> {t("health.down")} {count("down")}</> },
          { value: "unknown", text: <><i class="dot" /> {t("health.unknown")} {count("unknown")}</> },
        ]}
        onChange={(value) => recordSome({ health: value })}
      />
      {shown.length === 0 && <div class="card"><Empty title={t("targets.none")} /></div>}
      {shown.map(([name, members]) => (
        <Pool key={name} name={name} targets={members} />
      ))}
    </>
  );
}

function Dropped({ targets: all, words, pool }: { targets: readonly DroppedTarget[]; words: string; pool: string }) {
  const shown = byPool(all.filter((target) => (!pool || poolOf(target) === pool) && matches(target, words)));
  if (shown.length === 0) return <div class="card"><Empty title={t("targets.noneDropped")} /></div>;
  return (
    <>
      <p class="soft">{t("targets.droppedHint")}</p>
      {shown.map(([name, members]) => (
        <DroppedPool key={name} name={name} targets={members} />
      ))}
    </>
  );
}

function poolNames(active: readonly ActiveTarget[] = [], dropped: readonly DroppedTarget[] = []): string[] {
  return [...new Set([...active, ...dropped].map(poolOf))].sort();
}

/** The server keeps a sample of the dropped targets; the counts are whole. */
function droppedCount(counts: Record<string, number> | undefined, listed: readonly DroppedTarget[]): number {
  return counts ? Object.values(counts).reduce((sum, count) => sum + count, 0) : listed.length;
}
