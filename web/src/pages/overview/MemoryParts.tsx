// Where the memory is, as bars of the whole.
import { instantVector } from "../../api/query.ts";
import { Meter } from "../../components/Meter.tsx";
import { formatValue } from "../../format/units.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import type { View } from "./view.ts";

const PARTS: readonly { key: Key; of: readonly string[]; whole: string }[] = [
  { key: "memory.apps", of: ["AnonPages", "Shmem"], whole: "MemTotal" },
  { key: "memory.cached", of: ["Cached", "Buffers", "SReclaimable"], whole: "MemTotal" },
  { key: "memory.kernel", of: ["SUnreclaim", "KernelStack", "PageTables"], whole: "MemTotal" },
  { key: "memory.available", of: ["MemAvailable"], whole: "MemTotal" },
  { key: "memory.dirty", of: ["Dirty", "Writeback"], whole: "MemTotal" },
];

export function MemoryParts({ view }: { view: View }) {
  const expr = `{__name__=~"node_memory_[A-Za-z]+_bytes",${view.scope.selector}}`;
  const { data } = useResource(`${expr}@${view.now}`, async (signal) => {
    const found = await instantVector(expr, view.now, signal);
    return new Map(found.map(({ labels, value }) => [(labels["__name__"] ?? "").slice("node_memory_".length, -"_bytes".length), value]));
  });
  const total = data?.get("MemTotal");
  if (!data || !total) return null;
  const swap = data.get("SwapTotal") ?? 0;
  const rows = PARTS.map(({ key, of }) => ({ key, bytes: of.reduce((sum, name) => sum + (data.get(name) ?? 0), 0), whole: total }));
  if (swap > 0) rows.push({ key: "memory.swap", bytes: swap - (data.get("SwapFree") ?? 0), whole: swap });
  return (
    <article class="card chart-card">
      <header class="row">
        <h3>{t("memory.parts")}</h3>
        <span class="spacer" />
        <span class="small soft number">{t("overview.ofTotal", { total: formatValue(total, "bytes") })}</span>
      </header>
      <ul class="parts">
        {rows.map(({ key, bytes, whole }) => (
          <li key={key}>
            <span class="row">
              <span>{t(key)}</span>
              <span class="spacer" />
              <span class="number">{formatValue(bytes, "bytes")}</span>
            </span>
            <Meter ratio={bytes / whole} label={t(key)} plain={key !== "memory.swap"} />
          </li>
        ))}
        {swap === 0 && <li class="small faint">{t("memory.noSwap")}</li>}
      </ul>
    </article>
  );
}
