// The reader's language and theme: from the link (?lang=), else remembered, else what the browser asks for.
import { computed, effect, signal } from "@preact/signals";
import type { Theme } from "../theme/palette.ts";
import { recall, remember } from "./storage.ts";

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];
export type ThemeChoice = Theme | "system";

export const language = signal<Language>(firstLanguage());
export const themeChoice = signal<ThemeChoice>(firstTheme());

const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(darkSystem.matches ? "dark" : "light");
darkSystem.addEventListener("change", () => {
  systemTheme.value = darkSystem.matches ? "dark" : "light";
});

/** The theme in force: canvases need it, styles follow by themselves. */
export const theme = computed<Theme>(() => (themeChoice.value === "system" ? systemTheme.value : themeChoice.value));

export function chooseLanguage(choice: Language): void {
  remember("language", choice);
  language.value = choice;
}

export function chooseTheme(choice: ThemeChoice): void {
  remember("theme", choice === "system" ? null : choice);
  themeChoice.value = choice;
}

function firstLanguage(): Language {
  const linked = matchLanguage(new URLSearchParams(window.location.search).get("lang"));
  if (linked) {
    remember("language", linked);
    return linked;
  }
  const wishes = [recall("language"), ...navigator.languages];
  return wishes.map(matchLanguage).find((match) => match !== null) ?? "en";
}

/** Every Chinese reader gets zh-CN, the one Chinese catalogue. */
function matchLanguage(wish: string | null): Language | null {
  if (wish?.toLowerCase().startsWith("zh")) return "zh-CN";
  return wish?.toLowerCase().startsWith("en") ? "en" : null;
}

function firstTheme(): ThemeChoice {
  const remembered = recall("theme");
  return remembered === "light" || remembered === "dark" ? remembered : "system";
}

effect(() => {
  document.documentElement.lang = language.value;
});

effect(() => {
  if (themeChoice.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = themeChoice.value;
});
