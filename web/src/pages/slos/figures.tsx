// The figures of a budget: what is left, how fast it goes, how long it lasts.
import type { BudgetState } from "../../api/slos.ts";
import { parseDuration, roughDuration } from "../../format/duration.ts";
import { formatValue } from "../../format/units.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { burnStanding, standingOf } from "./reading.ts";

export function Budget({ group: { remaining, windowErrorRatio }, budget }: { group: BudgetState; budget: number }) {
  const standing = remaining === null ? "" : standingOf(remaining);
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
        {byLength(rates).map(([window, rate]) => (
          <div key={window} class={burnStanding(rate)}>
            <dt class="small soft">{window}</dt>
            <dd class="number">{rate === null ? "–" : `${formatValue(rate, "none")}×`}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const byLength = (rates: Record<string, number | null>): [string, number | null][] =>
  Object.entries(rates).sort(([a], [b]) => (parseDuration(a) ?? 0) - (parseDuration(b) ?? 0));

export function Forecast({ group: { exhaustedIn, remaining } }: { group: BudgetState }) {
  const { tone, text, hint } = forecastOf(remaining, exhaustedIn);
  return (
    <div class="slo-figure">
      <span class="small soft">{t("slos.forecast")}</span>
      <strong class={`number ${tone}`}>{text}</strong>
      <span class="small faint">{t(hint)}</span>
    </div>
  );
}

function forecastOf(remaining: number | null, exhaustedIn: number | null): { tone: string; text: string; hint: Key } {
  if (remaining === null) return { tone: "", text: "–", hint: "slos.noErrorRatio" };
  if (remaining <= 0) return { tone: "bad", text: t("slos.gone"), hint: "slos.goneHint" };
  if (exhaustedIn === null) return { tone: "good", text: t("slos.lasts"), hint: "slos.lastsHint" };
  return { tone: "bad", text: roughDuration(exhaustedIn), hint: "slos.endsHint" };
}
