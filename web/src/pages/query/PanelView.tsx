// One panel: the expression, its time, and what it answers as a graph or a table.
import { useEffect, useRef, useState } from "preact/hooks";
import { formatQuery } from "../../api/query.ts";
import { Button, Choice, IconButton } from "../../components/Button.tsx";
import { t } from "../../i18n/translate.ts";
import { rememberQuery } from "../../state/history.ts";
import { type Panel, VIEWS } from "../../state/panels.ts";
import { Deferred } from "../../components/Deferred.tsx";
import { Editor, type EditorHandle } from "./Editor.tsx";
import type { Editors } from "./editors.ts";
import { GraphResult } from "./GraphResult.tsx";
import { RESULT_HEIGHT } from "./RangeView.tsx";
import { TableResult } from "./TableResult.tsx";
import { TimeControls } from "./TimeControls.tsx";

const heatmap = () => import("./HeatmapResult.tsx");
const explain = () => import("./ExplainResult.tsx");

export interface PanelViewProps {
  panel: Panel;
  index: number;
  /** Counts refreshes of the page; a new number asks again. */
  tick: number;
  alone: boolean;
  /** A `step` is a view of its own in the browser's history, such as a zoom or another expression. */
  onChange: (panel: Panel, how: "step" | "adjust") => void;
  onRemove: () => void;
  onDuplicate: () => void;
  onTimeForAll: () => void;
  editors: Editors;
}

export function PanelView(props: PanelViewProps) {
  const { panel, index, tick, alone, editors, onChange } = props;
  const [runs, setRuns] = useState(0);
  const [counted, onCounted] = useState(false);
  const editor = useRef<EditorHandle>(null);
  useEffect(() => editors.join(editor.current!), []);
  const run = (): void => {
    const expr = editor.current?.text().trim() ?? "";
    if (expr) rememberQuery(expr);
    if (expr !== panel.expr) onChange({ ...panel, expr }, "step");
    setRuns((count) => count + 1);
  };
  /** What cannot be parsed is left as it is: running it says why. */
  const format = async (): Promise<void> => {
    const written = editor.current?.text().trim();
    if (!written) return;
    const formatted = await formatQuery(written).catch(() => null);
    if (formatted === null) run();
    else editor.current?.replace(formatted);
  };
  const asked = { panel, refresh: `${tick}.${runs}`, counted, onCounted, onChange };
  return (
    <section class="card panel" aria-label={t("query.panel", { number: index + 1 })}>
      <div class="panel-editor">
        <Editor
          handle={editor}
          value={panel.expr}
          label={t("query.expression", { number: index + 1 })}
          onRun={run}
          onFocus={() => editors.activate(editor.current!)}
        />
        <Button kind="primary" icon="play" onClick={run} title={`${t("query.run")} (Enter)`}>
          {t("query.run")}
        </Button>
      </div>
      <div class="panel-bar">
        <Choice
          label={t("query.view")}
          value={panel.view}
          options={VIEWS.map((value) => ({ value, text: t(`query.${value}`) }))}
          onChange={(view) => onChange({ ...panel, view }, "adjust")}
        />
        <TimeControls panel={panel} onChange={(changed) => onChange(changed, "adjust")} />
        <div class="panel-tools">
          <IconButton icon="format" label={t("query.format")} onClick={() => void format()} />
          {!alone && <IconButton icon="clock" label={t("query.timeForAll")} onClick={props.onTimeForAll} />}
          <IconButton icon="duplicate" label={t("query.duplicate")} onClick={props.onDuplicate} />
          <IconButton
            icon="trash"
            label={t("query.remove")}
            onClick={props.onRemove}
            disabled={alone && panel.expr === ""}
          />
        </div>
      </div>
      {panel.view === "graph" && <GraphResult {...asked} />}
      {panel.view === "table" && <TableResult {...asked} />}
      {panel.view === "heatmap" && <Deferred load={heatmap} shown={asked} height={RESULT_HEIGHT} />}
      {panel.view === "explain" && <Deferred load={explain} shown={asked} height={160} />}
    </section>
  );
}
