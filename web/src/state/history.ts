// Expressions that were run, newest first, in this browser only.
import { signal } from "@preact/signals";
import { recall, remember } from "./storage.ts";

const KEY = "query-history";
const ENTRIES_MAX = 100;

export const queryHistory = signal<readonly string[]>(load());

function load(): string[] {
  try {
    const stored: unknown = JSON.parse(recall(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((entry) => typeof entry === "string") : [];
  } catch {
    return [];
  }
}

export function rememberQuery(expr: string): void {
  store([expr, ...queryHistory.peek().filter((entry) => entry !== expr)].slice(0, ENTRIES_MAX));
}

export const forgetQueries = (): void => store([]);

function store(entries: readonly string[]): void {
  queryHistory.value = entries;
  remember(KEY, JSON.stringify(entries));
}
