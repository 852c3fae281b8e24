// One call of the HTTP API: the envelope of Prometheus, its errors as one class with a stable kind that the page translates.
import { serverPath } from "../base.ts";

/** `network` and `unreadable` are ours: no answer at all, and an answer that is not the API's. */
export type ErrorKind =
  | "timeout"
  | "canceled"
  | "execution"
  | "bad_data"
  | "internal"
  | "unavailable"
  | "not_found"
  | "not_acceptable"
  | "unauthorized"
  | "network"
  | "unreadable";

const KINDS: ReadonlySet<string> = new Set<ErrorKind>([
  "timeout", "canceled", "execution", "bad_data", "internal", "unavailable", "not_found", "not_acceptable", "unauthorized",
]);

export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
  ) {
    super(message);
  }
}

export interface Answer<T> {
  data: T;
  warnings: string[];
  infos: string[];
}

interface Envelope<T> {
  status: "success" | "error";
  data: T;
  errorType?: string;
  error?: string;
  warnings?: string[];
  infos?: string[];
}

export type Parameters = Record<string, string | number | readonly string[] | undefined>;

/** Longer queries travel in a body: servers and proxies cut addresses at about 8 KiB. */
const ADDRESS_MAX = 4096;

export async function call<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const query = encode(parameters);
  const address = serverPath(`api/v1/${path}`);
  const options: RequestInit = { headers: { Accept: "application/json" }, ...(signal ? { signal } : {}) };
  const inBody = query.length > ADDRESS_MAX;
  const request = inBody
    ? fetch(address, { ...options, method: "POST", body: new URLSearchParams(query) })
    : fetch(query ? `${address}?${query}` : address, options);
  let response: Response;
  try {
    response = await request;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("network", String((error as Error).message ?? error));
  }
  return unwrap(response, await read<T>(response));
}

function encode(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const one of value) query.append(name, one);
    else query.set(name, String(value));
  }
  return query.toString();
}

async function read<T>(response: Response): Promise<Envelope<T> | null> {
  if (!response.headers.get("content-type")?.includes("json")) return null;
  try {
    return (await response.json()) as Envelope<T>;
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    return null;
  }
}

function unwrap<T>(response: Response, envelope: Envelope<T> | null): Answer<T> {
  if (envelope?.status === "success") {
    return { data: envelope.data, warnings: envelope.warnings ?? [], infos: envelope.infos ?? [] };
  }
  const status = `HTTP ${response.status}${response.statusText ? ` ${response.statusText}` : ""}`;
  if (response.status === 401 || response.status === 403) throw new ApiError("unauthorized", envelope?.error ?? status);
  if (envelope?.status !== "error") throw new ApiError("unreadable", status);
  const kind = KINDS.has(envelope.errorType ?? "") ? (envelope.errorType as ErrorKind) : "internal";
  throw new ApiError(kind, envelope.error ?? status);
}
