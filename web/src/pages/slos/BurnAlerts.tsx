// The alerts that guard an objective: how fast a burn over which two windows each of them takes.
import type { BurnAlert } from "../../api/slos.ts";
import { Severity, StateBadge } from "../../components/AlertBadges.tsx";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { address } from "../../state/router.ts";

export function BurnAlerts({ alerts, name }: { alerts: readonly BurnAlert[]; name: string }) {
  if (alerts.length === 0) return <p class="soft">{t("slos.noAlerts")}</p>;
  return (
    <div class="burn-alerts">
      <h3>{t("slos.alerts")}</h3>
      <ul>
        {alerts.map((alert) => (
          <li key={`${alert.severity} ${alert.longWindow}`} class="row">
            <StateBadge state={alert.state} />
            <Severity labels={{ severity: alert.severity }} />
            <span class="small soft number">
              {t("slos.alertWhen", {
                factor: formatValue(alert.factor, "none"),
                long: alert.longWindow,
                short: alert.shortWindow,
                fraction: formatValue(alert.fraction, "ratio"),
              })}
            </span>
          </li>
        ))}
      </ul>
      <a class="small" href={address("alerts", { filter: `{slo=${JSON.stringify(name)}}`, state: "all" })}>
        {t("slos.itsAlerts")}
      </a>
    </div>
  );
}
