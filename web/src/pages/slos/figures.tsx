// The figures of a budget: what is left, how fast it goes, how long it lasts.
import type { BudgetState } from "../../api/slos.ts";
import { roughDuration } from "../../format/duration.ts";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { burnStanding, standingOf } from "./reading.ts";

export function Budget({ group: { remaining, windowErrorRatio }, budget }: { group: BudgetState; budget: number }) {
  const standing = standingOf(remaining);
  const share = Math.min(Math.max(remaining ?? 0, 0), 1);
  return (
    <div class="slo-figure">
      <span class="small soft">{t("slos.left")}</span>
      <strong class={`number ${standing}`}>{remaining === null ? "–" : formatValue(remaining, "ratio")}</strong>
      <div
        class={`meter ${standing}`}
        role="meter"
        aria-label={t("slos.left")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
      <span class="small faint number">
        {windowErrorRatio === null
          ? t("slos.noErrorRatio")
          : t("slos.errorOf", { ratio: formatValue(windowErrorRatio, "ratio"), budget: formatValue(budget, "ratio") })}
      </span>
    </div>
  );
}

export function BurnRates({ rates }: { rates: Record<string, number | null> }) {
  return (
    <div class="slo-figure">
      <span class="small soft" title={t("slos.burnHint")}>
        {t("slos.burn")}
      </span>
      <dl class="burn-rates">
        {Object.entries(rates).map(([window, rate]) => (
          <div key={window} class={burnStanding(rate)}>
            <dt class="small faint">{window}</dt>
            <dd class="number">{rate === null ? "–" : `${formatValue(rate, "none")}×`}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

export function Forecast({ group: { exhaustedIn, remaining } }: { group: BudgetState }) {
  const isGone = remaining !== null && remaining <= 0;
  return (
    <div class="slo-figure">
      <span class="small soft">{t("slos.forecast")}</span>
      <strong class={isGone || exhaustedIn !== null ? "number bad forecast" : "number good forecast"}>
        {isGone ? t("slos.gone") : exhaustedIn === null ? t("slos.lasts") : roughDuration(exhaustedIn)}
      </strong>
      <span class="small faint">{isGone ? t("slos.goneHint") : t(exhaustedIn === null ? "slos.lastsHint" : "slos.endsHint")}</span>
    </div>
  );
}
