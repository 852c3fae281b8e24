// Figures of the store that the server tells only as metrics. Each expression has ways to answer on any server that speaks
// this API: our own metric first, then Prometheus', then what can be counted.
import { instantVector } from "../../api/query.ts";
import type { Unit } from "../../format/units.ts";
import type { Key } from "../../i18n/translate.ts";

export interface Figure {
  key: Key;
  unit: Unit;
  expr: string;
}

export const FIGURES: readonly Figure[] = [
  {
    key: "status.sampleRate",
    unit: "per-second",
    expr: "sum(rate(prometheus_tsdb_head_samples_appended_total[2m])) or sum(sum_over_time(scrape_samples_post_metric_relabeling[2m])) / 120",
  },
  {
    key: "status.storeBytes",
    unit: "bytes",
    expr: "sum(vedette_store_bytes) or sum(prometheus_tsdb_storage_blocks_bytes + prometheus_tsdb_wal_storage_size_bytes + prometheus_tsdb_head_chunks_storage_size_bytes)",
  },
  { key: "status.memory", unit: "bytes", expr: 'process_resident_memory_bytes{job=~"vedette|prometheus"}' },
  { key: "status.targetsUp", unit: "ratio", expr: "avg(up)" },
];

/** Null where no metric answers. */
export async function figure(expr: string, signal: AbortSignal): Promise<number | null> {
  const found = await instantVector(expr, Date.now() / 1000, signal);
  return found[0]?.value ?? null;
}
