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
  "timeout",
  "canceled",
  "execution",
  "bad_data",
  "internal",
  "unavailable",
  "not_found",
  "not_acceptable",
  "unauthorized",
]);

export class ApiError extends Error {
  /** `hint`: what the server advises. */
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly hint = "",
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
  hint?: string;
  warnings?: string[];
  infos?: string[];
}

export type Parameters = Record<string, string | number | readonly string[] | undefined>;

/** Longer queries travel in a body: servers and proxies cut addresses at about 8 KiB. */
const ADDRESS_MAX = 4096;

export async function call<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const query = encode(parameters);
  const inBody = query.length > ADDRESS_MAX;
  const response = inBody
    ? await reach(`api/v1/${path}`, { method: "POST", body: new URLSearchParams(query) }, signal)
    : await reach(query ? `api/v1/${path}?${query}` : `api/v1/${path}`, {}, signal);
  return unwrap(response, await readJson<Envelope<T>>(response));
}

/** Changes something: a document goes, the answer's data comes. */
export async function send<T>(method: "POST" | "PUT" | "DELETE", path: string, document?: unknown): Promise<T> {
  const response = await reach(`api/v1/${path}`, asJson(method, document));
  return unwrap(response, await readJson<Envelope<T>>(response)).data;
}

/** A text goes, such as a configuration; the answer's data comes. */
export async function sendText<T>(path: string, parameters: Parameters, text: string, signal: AbortSignal): Promise<T> {
  const wanted = { method: "POST", body: text, headers: { "Content-Type": "text/plain; charset=utf-8" } };
  const response = await reach(`api/v1/${path}?${encode(parameters)}`, wanted, signal);
  return unwrap(response, await readJson<Envelope<T>>(response)).data;
}

export function asJson(method: string, document: unknown): RequestInit {
  if (document === undefined) return { method };
  return { method, body: JSON.stringify(document), headers: { "Content-Type": "application/json" } };
}

/** Any path of this server. Throws ApiError where nobody answers. */
export async function reach(path: string, options: RequestInit, signal?: AbortSignal): Promise<Response> {
  const headers = { Accept: "application/json", ...options.headers };
  try {
    return await fetch(serverPath(path), { ...options, headers, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("network", String((error as Error).message ?? error));
  }
}

export function encode(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const one of value) query.append(name, one);
    else query.set(name, String(value));
  }
  return query.toString();
}

/** null: not JSON. */
export async function readJson<T>(response: Response): Promise<T | null> {
  if (!response.headers.get("content-type")?.includes("json")) return null;
  try {
    return (await response.json()) as T;
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    return null;
  }
}

function unwrap<T>(response: Response, envelope: Envelope<T> | null): Answer<T> {
  if (envelope?.status === "success") {
    return { data: envelope.data, warnings: envelope.warnings ?? [], infos: envelope.infos ?? [] };
  }
  const status = statusText(response);
  if (response.status === 401 || response.status === 403) throw new ApiError("unauthorized", envelope?.error ?? status);
  if (!envelope && response.status === 503) throw new ApiError("unavailable", status); // not ready yet: plain text
  if (envelope?.status !== "error") throw new ApiError("unreadable", status);
  throw new ApiError(kindOf(response, envelope.errorType), envelope.error ?? status, envelope.hint);
}

/** A kind that this page does not know is the asker's fault below 500, and the server's from there on. */
export function kindOf(response: Response, told = ""): ErrorKind {
  if (KINDS.has(told)) return told as ErrorKind;
  return response.status < 500 ? "bad_data" : "internal";
}

export const statusText = ({ status, statusText: text }: Response): string => `HTTP ${status}${text ? ` ${text}` : ""}`;
