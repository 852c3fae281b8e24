// A range query of histograms, classic or native, as a heatmap. Loaded when somebody chooses it.
import { useMemo, useRef } from "preact/hooks";
import { toHeat } from "../../charts/heat.ts";
import { Heatmap, HeatScale } from "../../charts/Heatmap.tsx";
import { Empty, Notices } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { unitOfBuckets } from "../../promql/unit_of.ts";
import { picture, rangeCsv } from "./exporting.ts";
import { RangeView, type RangeViewProps, RESULT_HEIGHT, type ShownProps } from "./RangeView.tsx";
import { Stats } from "./Stats.tsx";
import { WhyEmpty } from "./WhyEmpty.tsx";

export default function HeatmapResult(props: RangeViewProps) {
  return <RangeView {...props} Shown={Heat} />;
}

function Heat({ loaded, panel, onZoom, onBack, onFix, ...counting }: ShownProps) {
  const { answer, span, milliseconds } = loaded;
  const { expr } = loaded.panel;
  const { result } = answer.data;
  const frame = useRef<HTMLDivElement>(null);
  const heat = useMemo(() => toHeat(result, span), [loaded]);
  const unit = useMemo(() => unitOfBuckets(expr), [expr]);
  const summed = heat && heat.groups > 1 ? [t("heatmap.summed", { count: heat.groups })] : [];
  return (
    <>
      <Notices kind="warn" texts={answer.warnings} />
      <Notices kind="info" texts={[...answer.infos, ...summed]} />
      {result.length === 0 && <WhyEmpty expr={expr} moment={span} onFix={onFix} />}
      {result.length > 0 && !heat && <Empty title={t("heatmap.none")}>{t("heatmap.noneHint")}</Empty>}
      {heat && (
        <>
          <div ref={frame}>
            <Heatmap
              data={heat}
              unit={unit}
              label={t("heatmap.label", { expr, rows: heat.rows.length })}
              height={RESULT_HEIGHT}
              start={span.start}
              end={span.end}
              step={span.step}
              onZoom={onZoom}
            />
          </div>
          <HeatScale max={heat.max} />
        </>
      )}
      <Stats
        panel={panel}
        milliseconds={milliseconds}
        series={result.length}
        step={span.step}
        stats={answer.data.stats}
        csv={() => rangeCsv(result, span)}
        {...(heat ? { image: () => picture(frame.current!.querySelector("canvas")!, expr, []) } : {})}
        onBack={onBack}
        {...counting}
      />
    </>
  );
}
