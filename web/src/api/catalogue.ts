// What there is to ask about: metric names with type and help, label names and values.
import { call } from "./envelope.ts";

export interface Metadata {
  type: string;
  help: string;
  unit: string;
}

export const metadata = async (signal?: AbortSignal): Promise<Record<string, Metadata[]>> =>
  (await call<Record<string, Metadata[]>>("metadata", { limit_per_metric: 1 }, signal)).data;

export const metricNames = (signal?: AbortSignal): Promise<string[]> => labelValues("__name__", undefined, signal);

export const labelNames = async (selector?: string, signal?: AbortSignal): Promise<string[]> =>
  (await call<string[]>("labels", selector ? { "match[]": selector } : {}, signal)).data;

export async function labelValues(label: string, selector?: string, signal?: AbortSignal): Promise<string[]> {
  const path = `label/${encodeURIComponent(escapeLabelName(label))}/values`;
  return (await call<string[]>(path, selector ? { "match[]": selector } : {}, signal)).data;
}

export const series = async (selector: string, limit: number, signal?: AbortSignal): Promise<Record<string, string>[]> =>
  (await call<Record<string, string>[]>("series", { "match[]": selector, limit }, signal)).data;

/** Names outside [a-zA-Z0-9_] stand in a path in Prometheus' `U__` escaping. */
export function escapeLabelName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return name;
  const escaped = [...name].map((char) => {
    if (char === "_") return "__";
    return /[a-zA-Z0-9]/.test(char) ? char : `_${char.codePointAt(0)!.toString(16)}_`;
  });
  return `U__${escaped.join("")}`;
}
