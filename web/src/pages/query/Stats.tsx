// What a query cost and gave.
import type { ComponentChildren } from "preact";
import { t } from "../../i18n/translate.ts";

interface StatsProps {
  milliseconds: number;
  series: number;
  step?: string;
  children?: ComponentChildren;
}

export function Stats({ milliseconds, series, step, children }: StatsProps) {
  return (
    <div class="row stats small faint number">
      <span>{t("query.took", { milliseconds: Math.round(milliseconds) })}</span>
      <span>{t("query.seriesCount", { count: series })}</span>
      {step && <span>{t("query.stepOf", { step })}</span>}
      <span class="spacer" />
      {children}
    </div>
  );
}

export async function timed<T>(ask: () => Promise<T>): Promise<{ answer: T; milliseconds: number }> {
  const from = performance.now();
  const answer = await ask();
  return { answer, milliseconds: performance.now() - from };
}
