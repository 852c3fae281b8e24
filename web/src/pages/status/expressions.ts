// Figures of the store that the server tells only as metrics. Each expression has ways to answer on any server that speaks
// this API: our own metric first, then Prometheus', then what can be counted.
import { instantVector } from "../../api/query.ts";
import type { Unit } from "../../format/units.ts";
import type { Key } from "../../i18n/translate.ts";

export interface Figure {
  key: Key;
  unit: Unit;
  expr: string;
  /** Only our own server counts this: elsewhere it is not shown at all. */
  ours?: boolean;
}

const p99 = (histogram: string): string => `histogram_quantile(0.99, sum by (le) (rate(${histogram}_bucket[5m])))`;

const DISK_OF_PROMETHEUS =
  "prometheus_tsdb_storage_blocks_bytes + prometheus_tsdb_wal_storage_size_bytes + prometheus_tsdb_head_chunks_storage_size_bytes";

export const FIGURES: readonly Figure[] = [
  {
    key: "status.sampleRate",
    unit: "per-second",
    expr: [
      "sum(rate(prometheus_tsdb_head_samples_appended_total[2m]))",
      'sum(rate(vedette_committed_rows_total{table="samples"}[2m]))',
      "sum(sum_over_time(scrape_samples_post_metric_relabeling[2m])) / 120",
    ].join(" or "),
  },
  { key: "status.storeBytes", unit: "bytes", expr: `sum(vedette_store_bytes) or sum(${DISK_OF_PROMETHEUS})` },
  { key: "status.memory", unit: "bytes", expr: 'process_resident_memory_bytes{job=~"vedette|prometheus"}' },
  { key: "status.targetsUp", unit: "ratio", expr: "avg(up)" },
  { key: "status.queue", unit: "none", expr: "sum(vedette_commit_queue_rows)", ours: true },
  { key: "status.commit", unit: "seconds", expr: p99("vedette_commit_seconds"), ours: true },
  { key: "status.loopLag", unit: "seconds", expr: p99("vedette_loop_lag_seconds"), ours: true },
  { key: "status.detached", unit: "none", expr: "sum(vedette_detached_parts_total)", ours: true },
  { key: "status.limitHits", unit: "none", expr: "round(sum(increase(vedette_limit_hits_total[1h])))", ours: true },
  {
    key: "status.dropped",
    unit: "none",
    expr: "round(sum(increase(vedette_scrape_dropped_samples_total[1h])))",
    ours: true,
  },
];

/** Null where no metric answers, or only with NaN, as a quantile of nothing does. */
export async function figure(expr: string, signal: AbortSignal): Promise<number | null> {
  const found = await instantVector(expr, Date.now() / 1000, signal);
  const value = found[0]?.value;
  return value !== undefined && Number.isFinite(value) ? value : null;
}
