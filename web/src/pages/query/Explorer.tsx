// What there is to ask: every metric with its type, help and labels; a click writes it into the panel.
import { useMemo, useState } from "preact/hooks";
import { labelNames, labelValues, type Metadata, metadata, metricNames } from "../../api/catalogue.ts";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Search, Select } from "../../components/Fields.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { suggestions } from "../../promql/suggestions.ts";
import { useResource } from "../../state/resource.ts";

const ROWS_SHOWN = 150;
const VALUES_SHOWN = 20;

interface Metric extends Metadata {
  name: string;
}

interface ExplorerProps {
  onInsert: (expression: string) => void;
  onClose: () => void;
}

export function Explorer({ onInsert, onClose }: ExplorerProps) {
  const [words, setWords] = useState("");
  const [type, setType] = useState("");
  const { data, error } = useResource("metrics", allMetrics);
  const types = useMemo(() => [...new Set(data?.map((metric) => metric.type))].filter(Boolean).sort(), [data]);
  const found = useMemo(() => search(data ?? [], words, type), [data, words, type]);
  return (
    <Dialog title={t("explorer.title")} onClose={onClose} wide>
      <div class="explorer-search">
        <Search label={t("explorer.search")} value={words} onInput={setWords} autoFocus />
        <Select
          label={t("explorer.type")}
          value={type}
          options={[{ value: "", text: t("explorer.allTypes") }, ...types.map((value) => ({ value, text: value }))]}
          onChange={setType}
        />
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={320} />}
      {data && found.length === 0 && <Empty title={t("explorer.none")} />}
      <ul class="explorer">
        {found.slice(0, ROWS_SHOWN).map((metric) => (
          <MetricRow key={metric.name} metric={metric} onInsert={onInsert} />
        ))}
      </ul>
      {found.length > ROWS_SHOWN && <p class="small soft">{t("explorer.more", { count: found.length - ROWS_SHOWN })}</p>}
    </Dialog>
  );
}

async function allMetrics(signal: AbortSignal): Promise<Metric[]> {
  const [names, described] = await Promise.all([metricNames(signal), metadata(signal)]);
  const unknown: Metadata = { type: "", help: "", unit: "" };
  return names.map((name) => ({ name, ...(described[name] ?? described[name.replace(/_(bucket|sum|count|total)$/, "")])?.[0] ?? unknown }));
}

/** Every word must occur in name or help; names that begin with the first word come first. */
function search(metrics: readonly Metric[], words: string, type: string): Metric[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = metrics.filter((metric) => {
    const text = `${metric.name} ${metric.help}`.toLowerCase();
    return (!type || metric.type === type) && wanted.every((word) => text.includes(word));
  });
  const first = wanted[0];
  if (!first) return matches;
  const rank = ({ name }: Metric): number => (name.startsWith(first) ? 0 : name.includes(first) ? 1 : 2);
  return matches.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function MetricRow({ metric, onInsert }: { metric: Metric; onInsert: (expression: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <li class="explorer-row">
      <div class="explorer-line">
        <button type="button" class="explorer-toggle" aria-expanded={open} aria-label={t("explorer.labelsOf", { name: metric.name })} onClick={() => setOpen(!open)}>
          <Icon name="chevron" size={14} />
        </button>
        <button type="button" class="explorer-name" onClick={() => onInsert(metric.name)}>
          <span class="mono">{metric.name}</span>
          {metric.type && <span class="badge">{metric.type}</span>}
          <span class="small soft explorer-help">{metric.help}</span>
        </button>
      </div>
      {open && <MetricDetail metric={metric} onInsert={onInsert} />}
    </li>
  );
}

function MetricDetail({ metric, onInsert }: { metric: Metric; onInsert: (expression: string) => void }) {
  const selector = `{__name__=${JSON.stringify(metric.name)}}`;
  const { data: labels } = useResource(selector, (signal) => labelNames(selector, signal));
  const [label, setLabel] = useState<string | null>(null);
  return (
    <div class="explorer-detail">
      <div class="row">
        {suggestions(metric.name, metric.type).map((expression) => (
          <Button key={expression} onClick={() => onInsert(expression)}>
            <code>{expression}</code>
          </Button>
        ))}
      </div>
      {!labels && <Skeleton height={28} />}
      <div class="row">
        {labels?.filter((name) => name !== "__name__").map((name) => (
          <button type="button" key={name} class="chip pressable" aria-expanded={name === label} onClick={() => setLabel(name === label ? null : name)}>
            <span>{name}</span>
          </button>
        ))}
      </div>
      {label !== null && <Values metric={metric.name} selector={selector} label={label} onInsert={onInsert} />}
    </div>
  );
}

interface ValuesProps {
  metric: string;
  selector: string;
  label: string;
  onInsert: (expression: string) => void;
}

function Values({ metric, selector, label, onInsert }: ValuesProps) {
  const { data } = useResource(`${selector} ${label}`, (signal) => labelValues(label, selector, signal));
  if (!data) return <Skeleton height={28} />;
  return (
    <div class="row">
      {data.slice(0, VALUES_SHOWN).map((value) => (
        <button type="button" key={value} class="chip pressable" onClick={() => onInsert(`${metric}{${label}=${JSON.stringify(value)}}`)}>
          <span class="chip-name">{label}</span>
          <span>{value}</span>
        </button>
      ))}
      {data.length > VALUES_SHOWN && <span class="small soft">{t("chart.more", { count: data.length - VALUES_SHOWN })}</span>}
    </div>
  );
}
