// Annotations in the reader's language: rules may write `summary_zh` beside `summary`, as the default rules do.
import type { Labels } from "../api/query.ts";
import type { Language } from "../state/preferences.ts";

const SUFFIX = "_zh";

/** A text of a language stands for the plain one, or is left out. One that has no plain one stays as it is named. */
export function inLanguage(annotations: Labels, language: Language): Labels {
  const found: Record<string, string> = {};
  for (const [name, text] of Object.entries(annotations)) {
    const translated = annotations[name + SUFFIX];
    if (name.endsWith(SUFFIX) && name.slice(0, -SUFFIX.length) in annotations) continue;
    found[name] = language === "zh-CN" && translated ? translated : text;
  }
  return found;
}
