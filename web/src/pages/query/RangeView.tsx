// What graph and heatmap share: loading a range, zooming into it and back, saying what failed.
import type { FunctionComponent } from "preact";
import { useState } from "preact/hooks";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import type { Panel } from "../../state/panels.ts";
import { type Asked, type Loaded, useRange } from "./loading.ts";

export const RESULT_HEIGHT = 320;
const ZOOM_SECONDS_MIN = 10;

export interface RangeViewProps extends Asked {
  onCounted: (counted: boolean) => void;
  onChange: (panel: Panel, how: "step" | "adjust") => void;
}

export interface ShownProps {
  loaded: Loaded;
  panel: Panel;
  onZoom: (from: number, to: number) => void;
  onBack: (() => void) | null;
  onFix: (expr: string) => void;
  counted: boolean;
  onCounted: (counted: boolean) => void;
}

export function RangeView(props: RangeViewProps & { Shown: FunctionComponent<ShownProps> }) {
  const { panel, onChange, counted, onCounted, Shown } = props;
  const [zoomedFrom, setZoomedFrom] = useState<readonly Panel[]>([]);
  const back = (): void => {
    const { range: before, end: until } = zoomedFrom.at(-1)!;
    setZoomedFrom(zoomedFrom.slice(0, -1));
    onChange({ ...panel, range: before, end: until }, "step");
  };
  const zoom = (from: number, to: number): void => {
    if (to - from < ZOOM_SECONDS_MIN) return;
    setZoomedFrom([...zoomedFrom, panel]);
    onChange({ ...panel, range: Math.round(to - from), end: Math.round(to) }, "step");
  };
  const { data, error, loading } = useRange(props);
  if (!panel.expr) return <Empty title={t("query.empty")}>{t("query.emptyHint")}</Empty>;
  return (
    <div class="result" aria-busy={loading}>
      {error !== undefined && <ErrorNotice error={error} />}
      {data && error === undefined ? (
        <Shown
          loaded={data}
          panel={panel}
          onZoom={zoom}
          onBack={zoomedFrom.length > 0 ? back : null}
          onFix={(expr) => onChange({ ...panel, expr }, "step")}
          counted={counted}
          onCounted={onCounted}
        />
      ) : (
        error === undefined && <Skeleton height={RESULT_HEIGHT} />
      )}
    </div>
  );
}
