// The machines that there are metrics of, and what each is.
import { instantVector, type Labels } from "../../api/query.ts";
import { targets } from "../../api/targets.ts";

export interface Machine {
  key: string;
  labels: Labels;
  host: string;
  system: string;
  /** For how long there are samples of it, up to DATA_AGE_SECONDS_MAX. */
  dataAgeSeconds: number;
}

const DATA_AGE_SECONDS_MAX = 1200;

export interface Facts {
  uptimeSeconds?: number;
  cores?: number;
  memoryBytes?: number;
  load1?: number;
  distribution?: string;
  swapTotalBytes?: number;
  swapFreeBytes?: number;
}

export async function machines(now: number, signal: AbortSignal): Promise<Machine[]> {
  const since = `min_over_time(timestamp(node_uname_info)[${DATA_AGE_SECONDS_MAX}s:15s])`;
  const [found, ages] = await Promise.all([
    instantVector("node_uname_info", now, signal),
    instantVector(`time() - min by (job, instance) (${since})`, now, signal),
  ]);
  const ageOf = new Map(ages.map(({ labels, value }) => [targetOf(labels), value]));
  return found
    .map(({ labels }) => ({
      key: labels["instance"] ?? "",
      dataAgeSeconds: ageOf.get(targetOf(labels)) ?? DATA_AGE_SECONDS_MAX,
      labels,
      host: labels["nodename"] ?? labels["instance"] ?? "?",
      system: [labels["sysname"], labels["release"], labels["machine"]].filter(Boolean).join(" "),
    }))
    .sort((a, b) => a.host.localeCompare(b.host));
}

const targetOf = (labels: Labels): string => JSON.stringify([labels["job"], labels["instance"]]);

/** Whether a node target is known and does not fail, for the time before the first samples. */
export async function nodeTargetState(signal: AbortSignal): Promise<"none" | "down" | "up"> {
  const known = (await targets(signal)).activeTargets.filter(({ labels }) => labels["job"] === "node");
  if (known.length === 0) return "none";
  return known.every(({ health }) => health === "down") ? "down" : "up";
}

export async function facts(s: string, now: number, signal: AbortSignal): Promise<Facts> {
  const ask = async (expr: string): Promise<{ labels: Labels; value: number } | undefined> =>
    (await instantVector(expr, now, signal))[0];
  const [boot, cores, memory, load, system, swapTotal, swapFree] = await Promise.all([
    ask(`time() - node_boot_time_seconds{${s}}`),
    ask(`count(node_cpu_seconds_total{${s},mode="idle"})`),
    ask(`node_memory_MemTotal_bytes{${s}}`),
    ask(`node_load1{${s}}`),
    ask(`node_os_info{${s}}`),
    ask(`node_memory_SwapTotal_bytes{${s}}`),
    ask(`node_memory_SwapFree_bytes{${s}}`),
  ]);
  return {
    ...(boot && { uptimeSeconds: boot.value }),
    ...(cores && { cores: cores.value }),
    ...(memory && { memoryBytes: memory.value }),
    ...(load && { load1: load.value }),
    ...(system?.labels["pretty_name"] && { distribution: system.labels["pretty_name"] }),
    ...(swapTotal && { swapTotalBytes: swapTotal.value }),
    ...(swapFree && { swapFreeBytes: swapFree.value }),
  };
}
