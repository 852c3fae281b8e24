// One rule in a line; unfolded, all that is known of it. Which one is unfolded stands in the address.
import type { AlertingRule, Rule, RuleAlert } from "../../api/rules.ts";
import { Severity, StateBadge } from "../../components/AlertBadges.tsx";
import { Annotations } from "../../components/Annotations.tsx";
import { Copy } from "../../components/Copy.tsx";
import { Deferred } from "../../components/Deferred.tsx";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { formatDuration, roughDuration } from "../../format/duration.ts";
import { formatValue } from "../../format/units.ts";
import { sampleValue } from "../../api/query.ts";
import { t } from "../../i18n/translate.ts";
import { equalityMatchers, writeList } from "../../matchers/matchers.ts";
import { unitOf } from "../../promql/unit_of.ts";
import { address, location, recordSome } from "../../state/router.ts";
import { stateOf } from "./filter.ts";

const ALERTS_SHOWN = 20;

export function RuleRow({ id, rule }: { id: string; rule: Rule }) {
  const open = location.value.parameters.get("rule") === id;
  return (
    <li class="rule-row">
      <button type="button" class="rule-head" aria-expanded={open} onClick={() => recordSome({ rule: open ? "" : id })}>
        <Icon name="chevron" size={14} />
        <StateBadge state={stateOf(rule)} />
        <span class="rule-name">{rule.name}</span>
        {rule.type === "alerting" && <Severity labels={rule.labels} />}
        {rule.type === "alerting" && rule.alerts.length > 0 && (
          <span class="small soft number">{t("alerts.count", { count: rule.alerts.length })}</span>
        )}
        <span class="spacer" />
        {rule.evaluationTime > 0 && (
          <span class="small faint number rule-took">{roughDuration(rule.evaluationTime)}</span>
        )}
      </button>
      {rule.lastError && <code class="rule-error">{rule.lastError}</code>}
      {open && <Unfolded rule={rule} />}
    </li>
  );
}

function Unfolded({ rule }: { rule: Rule }) {
  return (
    <div class="rule-body">
      <pre class="rule-expr" tabIndex={0} role="group" aria-label={t("rules.expression")}>
        {rule.query}
      </pre>
      <div class="row">
        <a href={address("query", { "g0.expr": rule.query })}>{t("rules.openQuery")}</a>
        <Copy text={() => rule.query} label={t("copy")} />
        {rule.type === "alerting" && <Conditions rule={rule} />}
      </div>
      {Object.keys(rule.labels).length > 0 && <LabelChips labels={rule.labels} />}
      {rule.type === "alerting" && <Annotations annotations={rule.annotations} />}
      <Deferred load={() => import("./RuleGraph.tsx")} shown={{ expr: rule.query }} height={180} />
      {rule.type === "alerting" && rule.alerts.length > 0 && <Alerts rule={rule} />}
    </div>
  );
}

function Conditions({ rule: { duration, keepFiringFor } }: { rule: AlertingRule }) {
  return (
    <span class="small soft number">
      {duration > 0 ? t("rules.for", { time: formatDuration(duration) }) : t("rules.atOnce")}
      {keepFiringFor > 0 && ` · ${t("rules.keepFiring", { time: formatDuration(keepFiringFor) })}`}
    </span>
  );
}

function Alerts({ rule: { alerts, query } }: { rule: AlertingRule }) {
  return (
    <ul class="rule-alerts">
      {alerts.slice(0, ALERTS_SHOWN).map((alert) => (
        <AlertLine key={JSON.stringify(alert.labels)} alert={alert} query={query} />
      ))}
      {alerts.length > ALERTS_SHOWN && (
        <li class="small soft">{t("chart.more", { count: alerts.length - ALERTS_SHOWN })}</li>
      )}
    </ul>
  );
}

function AlertLine({ alert: { labels, state, activeAt, value }, query }: { alert: RuleAlert; query: string }) {
  const { alertname: _, severity: __, ...others } = labels;
  const since = Math.max(Math.round((Date.now() - Date.parse(activeAt)) / 1000), 0);
  return (
    <li class="row">
      <StateBadge state={state} />
      <span class="number">{formatValue(sampleValue(value), unitOf(query))}</span>
      <span class="small soft number">{t("rules.activeFor", { time: roughDuration(since) })}</span>
      <LabelChips labels={others} />
      {state === "firing" && (
        <a class="small" href={address("alerts", { state: "all", filter: writeList(equalityMatchers(labels)) })}>
          {t("nav.alerts")}
        </a>
      )}
    </li>
  );
}
