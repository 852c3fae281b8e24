// The frame of every page: brand, navigation, language and theme, and the place where a page goes.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./shell.css";
import { type Key, t } from "../i18n/translate.ts";
import { chooseLanguage, chooseTheme, language, themeChoice } from "../state/preferences.ts";
import { address, location } from "../state/router.ts";
import { Choice } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";

const PAGES: readonly { path: string; title: Key; icon: IconName }[] = [
  { path: "", title: "nav.overview", icon: "overview" },
  { path: "query", title: "nav.query", icon: "query" },
  { path: "alerts", title: "nav.alerts", icon: "alert" },
  { path: "silences", title: "nav.silences", icon: "silence" },
  { path: "rules", title: "nav.rules", icon: "list" },
  { path: "routing", title: "nav.routing", icon: "branch" },
  { path: "slos", title: "nav.slos", icon: "gauge" },
  { path: "cardinality", title: "nav.cardinality", icon: "layers" },
  { path: "targets", title: "nav.targets", icon: "targets" },
  { path: "push", title: "nav.push", icon: "push" },
  { path: "status", title: "nav.status", icon: "status" },
];

export function Shell({ children }: { children: ComponentChildren }) {
  const { path } = location.value;
  const navigation = useRef<HTMLElement>(null);
  /** On a phone the row of pages scrolls: the one that is open stays in sight. */
  useEffect(() => {
    navigation.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [path]);
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={skip}>
        {t("nav.skip")}
      </a>
      <header class="side">
        <div class="side-content">
          <a class="brand" href={address("")}>
            <Mark />
            <span>Vedette</span>
          </a>
          <nav ref={navigation} aria-label={t("nav.label")}>
            {PAGES.map(({ path: own, title, icon }) => (
              <a key={own} href={address(own)} aria-current={own === path ? "page" : undefined}>
                <Icon name={icon} size={18} />
                <span>{t(title)}</span>
              </a>
            ))}
          </nav>
          <div class="preferences">
            <LanguageChoice />
            <ThemeChoice />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#2456c7" />
      <path
        d="M8 9.5 16 23l8-13.5"
        fill="none"
        stroke="#fff"
        stroke-width="3.4"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
      <circle cx="16" cy="9.5" r="2.6" fill="#8fe3c8" />
    </svg>
  );
}

function LanguageChoice() {
  return (
    <Choice
      label={t("nav.language")}
      value={language.value}
      onChange={chooseLanguage}
      options={[
        { value: "zh-CN", text: <span lang="zh-CN">中文</span>, name: "中文" },
        { value: "en", text: <span lang="en">EN</span>, name: "English" },
      ]}
    />
  );
}

function ThemeChoice() {
  return (
    <Choice
      label={t("nav.theme")}
      value={themeChoice.value}
      onChange={chooseTheme}
      options={[
        { value: "light", text: <Icon name="sun" />, name: t("theme.light") },
        { value: "system", text: <Icon name="monitor" />, name: t("theme.system") },
        { value: "dark", text: <Icon name="moon" />, name: t("theme.dark") },
      ]}
    />
  );
}
