// The server about itself: what it stores, what is expensive in it, how it was built and started.
import "./status.css";
import { useState } from "preact/hooks";
import { buildInfo, type Facts, flags, type NamedCount, runtimeInfo, storeStatus, type StoreStatus } from "../../api/status.ts";
import { Search } from "../../components/Fields.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { dateTime } from "../../format/time.ts";
import { formatValue, type Unit } from "../../format/units.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { type Resource, useResource, useTick } from "../../state/resource.ts";
import { address } from "../../state/router.ts";
import { Config } from "./Config.tsx";
import { FIGURES, figure } from "./figures.ts";

const REFRESH_SECONDS = 15;

export default function StatusPage() {
  const tick = useTick(REFRESH_SECONDS);
  const store = useResource(`store ${tick}`, storeStatus);
  const build = useResource("build", buildInfo);
  const runtime = useResource(`runtime ${tick}`, runtimeInfo);
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.status")}</h1>
      </header>
      {store.error !== undefined && <ErrorNotice error={store.error} />}
      <Figures store={store.data} tick={tick} />
      <div class="columns">
        <Ranking title="status.topMetrics" counts={store.data?.seriesCountByMetricName} unit="none" expression={(name) => `count({__name__=${JSON.stringify(name)}})`} />
        <Ranking title="status.topLabels" counts={store.data?.labelValueCountByLabelName} unit="none" />
        <Ranking title="status.topPairs" counts={store.data?.seriesCountByLabelValuePair} unit="none" />
        <Ranking title="status.topMemory" counts={store.data?.memoryInBytesByLabelName} unit="bytes" />
      </div>
      <div class="columns">
        <FactTable title="status.runtime" facts={runtime} />
        <FactTable title="status.build" facts={build} />
      </div>
      <Config />
      <Flags />
    </div>
  );
}

function Figures({ store, tick }: { store: StoreStatus | undefined; tick: number }) {
  const head = store?.headStats;
  return (
    <div class="figures">
      <FigureTile title="status.series" value={head && formatValue(head.numSeries, "none")} />
      <FigureTile title="status.chunks" value={head && formatValue(head.chunkCount, "none")} />
      {FIGURES.map(({ key, unit, expr }) => (
        <AskedFigure key={key} title={key} unit={unit} expr={expr} tick={tick} />
      ))}
      <FigureTile title="status.oldest" value={head && (head.minTime > 0 && head.minTime < 8e15 ? dateTime(head.minTime / 1000) : "–")} small />
    </div>
  );
}

function AskedFigure({ title, unit, expr, tick }: { title: Key; unit: Unit; expr: string; tick: number }) {
  const { data, error } = useResource(`${expr} ${tick}`, (signal) => figure(expr, signal));
  const value = data === undefined && error === undefined ? undefined : data == null ? "–" : formatValue(data, unit);
  return <FigureTile title={title} value={value} />;
}

function FigureTile({ title, value, small = false }: { title: Key; value: string | undefined; small?: boolean }) {
  return (
    <div class="card figure">
      <span class="small soft">{t(title)}</span>
      {value === undefined ? <Skeleton height={30} /> : <strong class={small ? "number figure-small" : "number"}>{value}</strong>}
    </div>
  );
}

interface RankingProps {
  title: Key;
  counts: readonly NamedCount[] | undefined;
  unit: Unit;
  expression?: (name: string) => string;
}

function Ranking({ title, counts, unit, expression }: RankingProps) {
  const most = Math.max(1, ...(counts ?? []).map(({ value }) => value));
  return (
    <section class="card ranking">
      <h2>{t(title)}</h2>
      {!counts && <Skeleton height={240} />}
      {counts?.length === 0 && <Empty title={t("status.nothing")} />}
      <ol>
        {counts?.map(({ name, value }) => (
          <li key={name} class="number">
            <i class="ranking-bar" style={{ width: `${(value / most) * 100}%` }} />
            <span class="mono">{expression ? <a href={address("query", { "g0.expr": expression(name), "g0.tab": "table" })}>{name}</a> : name}</span>
            <span>{formatValue(value, unit)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function FactTable({ title, facts }: { title: Key; facts: Resource<Facts> }) {
  return (
    <section class="card facts">
      <h2>{t(title)}</h2>
      {facts.error !== undefined && <ErrorNotice error={facts.error} />}
      {!facts.data && facts.error === undefined && <Skeleton height={160} />}
      <dl>
        {Object.entries(facts.data ?? {})
          .filter(([, value]) => value !== "" && value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="mono">{factText(value)}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

/** Moments are shown in the reader's zone; everything else as it came. */
function factText(value: string | number | boolean | null): string {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return String(value);
  return dateTime(Date.parse(value) / 1000);
}

function Flags() {
  const [words, setWords] = useState("");
  const { data, error } = useResource("flags", flags);
  const found = Object.entries(data ?? {}).filter(([name, value]) => `${name}=${value}`.includes(words));
  return (
    <section class="card facts">
      <header class="row">
        <h2>{t("status.flags")}</h2>
        <span class="spacer" />
        <Search label={t("status.searchFlags")} value={words} onInput={setWords} />
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={200} />}
      <dl class="flags">
        {found.map(([name, value]) => (
          <div key={name}>
            <dt class="mono">--{name}</dt>
            <dd class="mono">{value || <span class="faint">∅</span>}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
