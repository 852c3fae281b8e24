// What the page has to say instead of, or beside, data: errors, warnings, emptiness, waiting.
import type { ComponentChildren } from "preact";
import { explain, t } from "../i18n/translate.ts";

export function ErrorNotice({ error }: { error: unknown }) {
  const { title, detail } = explain(error);
  return (
    <div class="notice bad" role="alert">
      <strong>{title}</strong>
      <code>{detail}</code>
    </div>
  );
}

export function Notices({ kind, texts }: { kind: "warn" | "info"; texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <div class={`notice ${kind}`} role="status">
      <strong>{t(kind === "warn" ? "notice.warnings" : "notice.infos")}</strong>
      {texts.map((text) => (
        <code key={text}>{text}</code>
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children && <div class="soft">{children}</div>}
    </div>
  );
}

/** Holds the place of what is loading, at its height. */
export function Skeleton({ height }: { height: number }) {
  return <div class="skeleton" style={{ height: `${height}px` }} role="status" aria-label={t("loading")} />;
}
