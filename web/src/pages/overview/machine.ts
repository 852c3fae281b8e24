// The machines that there are metrics of, and what each is.
import { instantVector, type Labels } from "../../api/query.ts";

export interface Machine {
  key: string;
  labels: Labels;
  host: string;
  system: string;
}

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
  const found = await instantVector("node_uname_info", now, signal);
  return found
    .map(({ labels }) => ({
      key: labels["instance"] ?? "",
      labels,
      host: labels["nodename"] ?? labels["instance"] ?? "?",
      system: [labels["sysname"], labels["release"], labels["machine"]].filter(Boolean).join(" "),
    }))
    .sort((a, b) => a.host.localeCompare(b.host));
}

/** Whether a node target is known and answers, for the time before the first samples. */
export async function nodeTargetState(now: number, signal: AbortSignal): Promise<"none" | "down" | "up"> {
  const ups = await instantVector('up{job="node"}', now, signal);
  if (ups.length === 0) return "none";
  return ups.some(({ value }) => value === 1) ? "up" : "down";
}

export async function facts(s: string, now: number, signal: AbortSignal): Promise<Facts> {
  const ask = async (expr: string): Promise<{ labels: Labels; value: number } | undefined> => (await instantVector(expr, now, signal))[0];
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
