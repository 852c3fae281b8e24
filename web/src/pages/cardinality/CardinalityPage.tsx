// What the stored series are made of, where they come and go, and what leaving out a label would save.
import { useState } from "preact/hooks";
import "./cardinality.css";
import { type Cardinality, cardinality } from "../../api/cardinality.ts";
import { FigureTile } from "../../components/FigureTile.tsx";
import { Button } from "../../components/Button.tsx";
import { ErrorNotice } from "../../components/Notice.tsx";
import { Ranking, type RankingRow } from "../../components/Ranking.tsx";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { countOf } from "../../promql/suggestions.ts";
import { useResource } from "../../state/resource.ts";
import { location, recordSome } from "../../state/router.ts";
import { Drop } from "./Drop.tsx";

const ROWS = 15;

export default function CardinalityPage() {
  const { parameters } = location.value;
  const match = parameters.get("match") ?? "";
  const drop = parameters.get("drop") ?? "";
  const { data, error } = useResource(JSON.stringify([match, drop]), (signal) =>
    cardinality({ limit: ROWS, match, drop }, signal),
  );
  const missing = error === undefined ? undefined : "–";
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.cardinality")}</h1>
      </header>
      <SelectorField match={match} />
      {error !== undefined && <ErrorNotice error={error} />}
      <div class="figures">
        <FigureTile title="cardinality.series" value={data ? formatValue(data.series, "none", 4) : missing} />
        <FigureTile title="cardinality.rate" value={data ? formatValue(data.samples_per_second, "none") : missing} />
      </div>
      <Drop label={drop} data={data} />
      {(data || error === undefined) && <Rankings data={data} drop={drop} />}
    </div>
  );
}

function SelectorField({ match }: { match: string }) {
  const [text, setText] = useState(match);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        recordSome({ match: text.trim() });
      }}
    >
      <input
        class="field mono cardinality-match"
        aria-label={t("cardinality.match")}
        placeholder={`${t("cardinality.match")}: {job="node"}`}
        value={text}
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <Button onClick={() => recordSome({ match: text.trim() })}>{t("cardinality.narrow")}</Button>
    </form>
  );
}

const percent = (share: number): string => formatValue(share, "ratio");

function Rankings({ data, drop }: { data: Cardinality | undefined; drop: string }) {
  const names = data?.names.map(
    ({ name, series, share }): RankingRow => ({
      name,
      value: series,
      note: percent(share),
      href: countOf({ __name__: name }),
    }),
  );
  const labels = data?.labels.map(
    ({ name, values, series }): RankingRow => ({
      name,
      value: values,
      note: t("cardinality.inSeries", { count: formatValue(series, "none") }),
      action: <DropButton name={name} pressed={name === drop} />,
    }),
  );
  const pairs = data?.pairs.map(
    ({ name, value, series }): RankingRow => ({
      name: `${name}=${JSON.stringify(value)}`,
      value: series,
      href: countOf({ [name]: value }),
    }),
  );
  return (
    <div class="columns">
      <Ranking title={t("cardinality.names")} rows={names} />
      <Ranking title={t("cardinality.labels")} rows={labels} />
      <Ranking title={t("cardinality.pairs")} rows={pairs} />
      <Ranking title={t("cardinality.churn")} rows={data && churned(data)}>
        <p class="small soft">{t("cardinality.churnHint")}</p>
      </Ranking>
    </div>
  );
}

const churned = ({ churn }: Cardinality): RankingRow[] =>
  churn.map(({ name, created_1h, gone_1h }) => ({
    name,
    value: created_1h + gone_1h,
    note: t("cardinality.cameAndWent", {
      created: formatValue(created_1h, "none"),
      gone: formatValue(gone_1h, "none"),
    }),
  }));

function DropButton({ name, pressed }: { name: string; pressed: boolean }) {
  if (name === "__name__") return null;
  return (
    <button
      type="button"
      class="chip pressable"
      aria-pressed={pressed}
      title={t("cardinality.dropWhat", { name })}
      aria-label={`${t("cardinality.without")} ${name}`}
      onClick={() => recordSome({ drop: pressed ? "" : name })}
    >
      <span>{t("cardinality.without")}</span>
    </button>
  );
}
