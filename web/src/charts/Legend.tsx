// Names and figures of a chart's series. The inline form labels, the table form also switches and highlights.
import { useState } from "preact/hooks";
import { formatValue, type Unit } from "../format/units.ts";
import { t } from "../i18n/translate.ts";
import { theme } from "../state/preferences.ts";
import { assignSlots, isDashed, seriesColour } from "../theme/palette.ts";
import { type ChartData, type ChartSeries, summarise } from "./data.ts";

const figure = (value: number | null, unit: Unit): string => (value === null ? "–" : formatValue(value, unit));

/** A dashed line has a hollow mark. */
function Swatch({ series, slot }: { series: ChartSeries; slot: number }) {
  const colour = seriesColour(slot, theme.value);
  return (
    <span class="swatch" style={isDashed(series, slot) ? { boxShadow: `inset 0 0 0 2px ${colour}` } : { background: colour }} />
  );
}

export function InlineLegend({ data, unit }: { data: ChartData; unit: Unit }) {
  const slots = assignSlots(data.series);
  return (
    <ul class="legend-inline">
      {data.series.map((series, index) => (
        <li key={series.id}>
          <Swatch series={series} slot={slots[index]!} />
          <span>{series.name}</span>
          <span class="number">{figure(summarise(series.values).last, unit)}</span>
        </li>
      ))}
    </ul>
  );
}

interface LegendTableProps {
  data: ChartData;
  unit: Unit;
  hidden: ReadonlySet<string>;
  onHide: (hidden: Set<string>) => void;
  onFocus: (id: string | null) => void;
}

const ROWS_SHOWN = 40;

export function LegendTable({ data, unit, hidden, onHide, onFocus }: LegendTableProps) {
  const [all, setAll] = useState(false);
  const slots = assignSlots(data.series);
  const shown = all ? data.series : data.series.slice(0, ROWS_SHOWN);
  const press = (id: string, event: MouseEvent): void =>
    onHide(nextHidden(data.series, hidden, id, event.shiftKey || event.ctrlKey || event.metaKey));
  return (
    <div class="legend-table" tabIndex={0} role="group" aria-label={t("legend.label")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("legend.series")}</th>
            <th scope="col" class="number">
              {t("legend.last")}
            </th>
            <th scope="col" class="number wide">
              {t("legend.min")}
            </th>
            <th scope="col" class="number wide">
              {t("legend.mean")}
            </th>
            <th scope="col" class="number wide">
              {t("legend.max")}
            </th>
          </tr>
        </thead>
        <tbody onMouseLeave={() => onFocus(null)}>
          {shown.map((series, index) => {
            const { last, min, mean, max } = summarise(series.values);
            return (
              <tr key={series.id} onMouseEnter={() => onFocus(series.id)}>
                <td>
                  <button
                    type="button"
                    aria-pressed={!hidden.has(series.id)}
                    title={t("legend.hint")}
                    onClick={(event) => press(series.id, event)}
                  >
                    <Swatch series={series} slot={slots[index]!} />
                    <span class="mono">{series.name}</span>
                  </button>
                </td>
                <td class="number">{figure(last, unit)}</td>
                <td class="number wide">{figure(min, unit)}</td>
                <td class="number wide">{figure(mean, unit)}</td>
                <td class="number wide">{figure(max, unit)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {shown.length < data.series.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {t("legend.all", { count: data.series.length })}
        </button>
      )}
    </div>
  );
}

/** A plain click switches one series; with Shift or Ctrl it stays alone, and again brings all back. */
function nextHidden(
  series: readonly ChartSeries[],
  hidden: ReadonlySet<string>,
  id: string,
  only: boolean,
): Set<string> {
  if (!only) {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    return next;
  }
  const others = series.map((one) => one.id).filter((other) => other !== id);
  const alone = !hidden.has(id) && others.every((other) => hidden.has(other));
  return new Set(alone ? [] : others);
}
