// PromQL in panels. The address holds every panel; this page reads it and writes it, and keeps only what is on the way.
import { useEffect, useRef, useState } from "preact/hooks";
import "./query.css";
import { Button, IconButton } from "../../components/Button.tsx";
import { Copy } from "../../components/Copy.tsx";
import { Select } from "../../components/Fields.tsx";
import { t } from "../../i18n/translate.ts";
import { NEW_PANEL, type Panel, readPanels, writePanels } from "../../state/panels.ts";
import { useTick } from "../../state/resource.ts";
import { location, record, visit } from "../../state/router.ts";
import { Editors } from "./editors.ts";
import { Explorer } from "./Explorer.tsx";
import { PanelView } from "./PanelView.tsx";
import { useShortcuts } from "./shortcuts.ts";
import { HelpWindow, HistoryWindow } from "./Windows.tsx";

const REFRESHES = [0, 5, 15, 30, 60, 300];

type Window = "explorer" | "history" | "help" | null;

export default function QueryPage() {
  const { panels, keys, refresh, change, arrange, setRefresh } = usePanels();
  const tick = useTick(refresh);
  const [window, open] = useState<Window>(null);
  const [editors] = useState(() => new Editors());
  const insert = (expression: string): void => {
    open(null);
    editors.active?.insert(expression);
  };
  const replace = (expression: string): void => {
    open(null);
    editors.active?.replace(expression);
    editors.active?.focus();
  };
  useShortcuts({
    "/": () => editors.active?.focus(),
    "?": () => open("help"),
    m: () => open("explorer"),
    h: () => open("history"),
  });
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.query")}</h1>
        <span class="spacer" />
        <div class="row">
          <Button icon="list" kind="quiet" onClick={() => open("explorer")}>
            {t("explorer.open")}
          </Button>
          <Button icon="clock" kind="quiet" onClick={() => open("history")}>
            {t("history.open")}
          </Button>
          <Copy text={() => globalThis.location.href} label={t("query.share")} icon="link" />
          <IconButton icon="help" label={t("help.title")} onClick={() => open("help")} />
          <Select
            label={t("query.refresh")}
            value={String(refresh)}
            options={REFRESHES.map((seconds) => ({ value: String(seconds), text: seconds ? t("query.every", { seconds }) : t("query.refreshOff") }))}
            onChange={(seconds) => setRefresh(Number(seconds))}
          />
        </div>
      </header>
      {panels.map((panel, index) => (
        <PanelView
          key={keys[index]}
          panel={panel}
          index={index}
          tick={tick}
          alone={panels.length === 1}
          onChange={(changed, how) => change(index, changed, how)}
          onRemove={() => arrange((all) => all.filter((_, at) => at !== index), index)}
          onDuplicate={() => arrange((all) => all.toSpliced(index + 1, 0, panel))}
          onTimeForAll={() => arrange((all) => all.map((one) => ({ ...one, range: panel.range, end: panel.end, step: panel.step })))}
          editors={editors}
        />
      ))}
      <div>
        <Button icon="plus" onClick={() => arrange((all) => [...all, NEW_PANEL])}>
          {t("query.add")}
        </Button>
      </div>
      {window === "explorer" && <Explorer onInsert={insert} onClose={() => open(null)} />}
      {window === "history" && <HistoryWindow onChoose={replace} onClose={() => open(null)} />}
      {window === "help" && <HelpWindow onClose={() => open(null)} />}
    </div>
  );
}

/** Panels of the address. `keys` follow a panel when others go, so that what is half written stays with it. */
function usePanels() {
  const { parameters } = location.value;
  const read = readPanels(parameters);
  const panels = read.length > 0 ? read : [NEW_PANEL];
  const refresh = Number(parameters.get("refresh")) || 0;
  const keys = useRef<number[]>([]);
  const made = useRef(0);
  while (keys.current.length < panels.length) keys.current.push(made.current++);
  keys.current.length = panels.length;

  useEffect(() => {
    if (location.peek().path !== "query") visit("query", location.peek().parameters);
  }, []);

  const write = (next: readonly Panel[], how: "step" | "adjust", every = refresh): void => {
    const written = writePanels(next);
    if (every) written.set("refresh", String(every));
    if (how === "step") visit("query", written);
    else record(written);
  };
  return {
    panels,
    keys: keys.current,
    refresh,
    setRefresh: (seconds: number) => write(panels, "adjust", seconds),
    change: (index: number, panel: Panel, how: "step" | "adjust") => write(panels.with(index, panel), how),
    arrange: (by: (all: readonly Panel[]) => readonly Panel[], removed?: number) => {
      if (removed !== undefined) keys.current.splice(removed, 1);
      write(by(panels), "step");
    },
  };
}
