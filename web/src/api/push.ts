// Groups that were pushed here, in the words of the Pushgateway's API; deleting one by its own path.
import { serverPath } from "../base.ts";
import { ApiError, call } from "./envelope.ts";
import type { Labels } from "./query.ts";

export interface PushedMetric {
  labels: Labels;
  value?: string;
  count?: string;
  sum?: string;
  buckets?: Record<string, string>;
  quantiles?: Record<string, string>;
}

export interface PushedFamily {
  name: string;
  type: string;
  help: string;
  metrics: PushedMetric[];
}

export interface PushedGroup {
  labels: Labels;
  succeeded: boolean;
  /** Unix seconds of the last push that was accepted; null: none was. */
  pushedAt: number | null;
  failedAt: number | null;
  families: PushedFamily[];
}

type ListedFamily = Omit<PushedFamily, "name" | "help"> & { help?: string };
type ListedGroup = { labels: Labels; last_push_successful: boolean } & Record<string, unknown>;

const PUSHED = "push_time_seconds";
const FAILED = "push_failure_time_seconds";

export const pushedGroups = async (signal?: AbortSignal): Promise<PushedGroup[]> =>
  (await call<ListedGroup[]>("metrics", {}, signal)).data.map(readGroup);

export function readGroup({ labels, last_push_successful, ...others }: ListedGroup): PushedGroup {
  const families = Object.entries(others).map(([name, family]) => ({ help: "", ...(family as ListedFamily), name }));
  const momentOf = (name: string): number | null =>
    Number(families.find((family) => family.name === name)?.metrics[0]?.value ?? 0) || null;
  return {
    labels,
    succeeded: last_push_successful,
    pushedAt: momentOf(PUSHED),
    failedAt: momentOf(FAILED),
    families: families.filter(({ name }) => name !== PUSHED && name !== FAILED),
  };
}

export async function deleteGroup(labels: Labels): Promise<void> {
  const response = await fetch(serverPath(groupPath(labels)), { method: "DELETE" });
  if (!response.ok) throw new ApiError("execution", `HTTP ${response.status}: ${await response.text()}`);
}

/** Every value in base64: it may be empty or hold slashes. */
export function groupPath(labels: Labels): string {
  const { job = "", ...others } = labels;
  const parts = Object.entries(others).flatMap(([name, value]) => [`${name}@base64`, base64(value)]);
  return ["metrics", "job@base64", base64(job), ...parts].join("/");
}

/** Of the bytes in UTF-8, for URLs; of nothing it is a single "=". */
function base64(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_") || "=";
}
