// What of the alerts is shown: by state with counts, by matchers, grouped how.
import type { Alert } from "../../api/alertmanager.ts";
import { Choice } from "../../components/Button.tsx";
import { ChipInput } from "../../components/ChipInput.tsx";
import { Icon } from "../../components/Icon.tsx";
import { MatcherInput } from "../../components/MatcherInput.tsx";
import { t } from "../../i18n/translate.ts";
import { suggestNames } from "../../matchers/suggesting.ts";
import { writeList } from "../../matchers/matchers.ts";
import { address, recordSome } from "../../state/router.ts";
import { countStandings, type Standing, STANDINGS } from "./grouping.ts";

interface ControlsProps {
  /** undefined: on the way. */
  alerts: readonly Alert[] | undefined;
  filters: readonly string[];
  onFilters: (filters: string[]) => void;
  standing: Standing | "all";
  names: readonly string[];
}

export function Controls({ alerts, filters, onFilters, standing, names }: ControlsProps) {
  const known = (alerts ?? []).map(({ labels }) => labels);
  return (
    <>
      <header class="page-head">
        <h1>{t("nav.alerts")}</h1>
        {alerts && <Standings alerts={alerts} chosen={standing} />}
        <span class="spacer" />
        <a class="row" href={address("alerts", { view: "history", ...(filters.length > 0 && { filter: writeList(filters) }) })}>
          <Icon name="clock" /> {t("alerts.history")}
        </a>
      </header>
      <div class="alerts-narrow">
        <MatcherInput
          label={t("alerts.filter")}
          placeholder={t("alerts.filterHint")}
          matchers={filters}
          onChange={onFilters}
          known={known}
        />
        <ChipInput
          label={t("alerts.groupBy")}
          placeholder={t("alerts.groupByHint")}
          chips={names}
          onChange={(next) => recordSome({ by: next.join(",") })}
          suggest={(draft) => suggestNames(draft, known)}
          accept={(draft) => draft.trim() || null}
          refused=""
        />
      </div>
    </>
  );
}

function Standings({ alerts, chosen }: { alerts: readonly Alert[]; chosen: Standing | "all" }) {
  const counts = countStandings(alerts);
  return (
    <Choice<Standing | "all">
      label={t("alerts.state")}
      value={chosen}
      options={[
        ...STANDINGS.map((standing) => ({
          value: standing,
          text: (
            <>
              <i class={`dot ${standing}`} /> {t(`alertState.${standing}`)} {counts[standing]}
            </>
          ),
        })),
        { value: "all" as const, text: t("alerts.all", { count: alerts.length }) },
      ]}
      onChange={(state) => recordSome({ state: state === "active" ? "" : state })}
    />
  );
}
