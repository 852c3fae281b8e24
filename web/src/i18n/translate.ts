// Words by key. Both catalogues have the same keys (the type says so) and the same {placeholders} (a test says so).
import { ApiError } from "../api/envelope.ts";
import { language } from "../state/preferences.ts";
import { type Catalogue, type Key, en } from "./en.ts";
import { zhCN } from "./zh-CN.ts";

const CATALOGUES: Record<typeof language.value, Catalogue> = { en, "zh-CN": zhCN };

export type { Key };

/** Reading the language here makes every component that calls `t` follow it. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = CATALOGUES[language.value][key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** What went wrong, in the reader's language; the server's own words follow as detail. */
export function explain(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiError) {
    const detail = [error.message, error.hint].filter(Boolean).join("\n");
    return { title: t(`error.${error.kind}`), detail };
  }
  return { title: t("error.page"), detail: error instanceof Error ? error.message : String(error) };
}
