// What the server says about itself.
import { call } from "./envelope.ts";

export interface NamedCount {
  name: string;
  value: number;
}

export interface StoreStatus {
  headStats: { numSeries: number; numLabelPairs: number; chunkCount: number; minTime: number; maxTime: number };
  seriesCountByMetricName: NamedCount[];
  labelValueCountByLabelName: NamedCount[];
  memoryInBytesByLabelName: NamedCount[];
  seriesCountByLabelValuePair: NamedCount[];
}

export type Facts = Record<string, string | number | boolean | null>;

const read =
  <T>(path: string) =>
  async (signal?: AbortSignal): Promise<T> =>
    (await call<T>(`status/${path}`, {}, signal)).data;

export const storeStatus = read<StoreStatus>("tsdb");
export const runtimeInfo = read<Facts>("runtimeinfo");
export const buildInfo = read<Facts>("buildinfo");
export const flags = read<Record<string, string>>("flags");
export const configText = async (signal?: AbortSignal): Promise<string> => (await read<{ yaml: string }>("config")(signal)).yaml;
