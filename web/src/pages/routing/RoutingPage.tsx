// Where alerts go: the routing tree drawn, the receivers, what inhibits what; and which way a label set takes.
// At `?view=dry-run`: what another configuration would have sent.
import "./routing.css";
import { alerts } from "../../api/alertmanager.ts";
import { type InhibitRule, type Receiver, type RoutePath, routing, testRouting } from "../../api/routing.ts";
import { Choice } from "../../components/Button.tsx";
import { Deferred } from "../../components/Deferred.tsx";
import { MatcherChips } from "../../components/MatcherChips.tsx";
import { MatcherInput } from "../../components/MatcherInput.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { t } from "../../i18n/translate.ts";
import { canonical, labelsOf, readList, writeList } from "../../matchers/matchers.ts";
import { type Resource, useResource } from "../../state/resource.ts";
import { chosen, location, recordSome } from "../../state/router.ts";
import { HeartbeatsCard } from "./Heartbeats.tsx";
import { RouteView } from "./RouteView.tsx";

const VIEWS = ["tree", "dry-run"] as const;
const TITLES = { tree: "routing.tree", "dry-run": "dryRun.title" } as const;

export default function RoutingPage() {
  const view = chosen("view", VIEWS, "tree");
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.routing")}</h1>
        <Choice
          label={t("routing.view")}
          value={view}
          options={VIEWS.map((value) => ({ value, text: t(TITLES[value]) }))}
          onChange={(value) => recordSome({ view: value === "tree" ? "" : value })}
        />
      </header>
      {view === "tree" ? <Tree /> : <Deferred load={() => import("./DryRun.tsx")} shown={{}} height={420} />}
    </div>
  );
}

function Tree() {
  const { data, error } = useResource("routing", routing);
  const entered = readList(location.value.parameters.get("labels") ?? "").filter(isLabel);
  const tested = useResource(entered.length > 0 ? JSON.stringify(entered) : null, () => testRouting(labelsOf(entered)));
  const paths = entered.length > 0 ? (tested.data ?? []) : [];
  return (
    <>
      <Test entered={entered} tested={tested} />
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={420} />}
      {data && (
        <>
          <section class="card route-tree" aria-label={t("routing.tree")}>
            <ul>
              <RouteView route={data.route} paths={paths} />
            </ul>
          </section>
          <div class="columns">
            <Receivers receivers={data.receivers} />
            <Inhibition rules={data.inhibitRules} />
            <HeartbeatsCard />
          </div>
        </>
      )}
    </>
  );
}

/** Only an equality says what a label is. */
const isLabel = (text: string): boolean => canonical(text, ["="]) !== null;

function Test({ entered, tested }: { entered: readonly string[]; tested: Resource<RoutePath[]> }) {
  const { data: firing = [] } = useResource("alerts", (signal) => alerts([], signal));
  return (
    <section class="card routing-test">
      <h2>{t("routing.test")}</h2>
      <MatcherInput
        label={t("routing.labels")}
        placeholder={t("routing.labelsHint")}
        matchers={entered}
        onChange={(labels) => recordSome({ labels: writeList(labels) })}
        known={firing.map(({ labels }) => labels)}
        operators={["="]}
      />
      {tested.error !== undefined && <ErrorNotice error={tested.error} />}
      {entered.length > 0 && tested.data && (
        <ol class="routing-answer">
          {tested.data.map((path) => (
            <li key={path.ids.join()} class="row">
              <strong>{path.receiver}</strong>
              {Object.keys(path.groupLabels).length > 0 ? (
                <>
                  <span class="small soft">{t("routing.inGroup")}</span>
                  <LabelChips labels={path.groupLabels} />
                </>
              ) : (
                <span class="small soft">{t("routing.oneGroup")}</span>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Receivers({ receivers }: { receivers: readonly Receiver[] }) {
  return (
    <section class="card routing-list">
      <h2>{t("routing.receivers")}</h2>
      <ul>
        {receivers.map(({ name, integrations }) => (
          <li key={name} class="row">
            <strong>{name}</strong>
            {integrations.map((integration) => (
              <span key={integration} class="badge">
                {integration}
              </span>
            ))}
            {integrations.length === 0 && <span class="badge warn">{t("routing.tellsNobody")}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Inhibition({ rules }: { rules: readonly InhibitRule[] }) {
  return (
    <section class="card routing-list">
      <h2>{t("routing.inhibition")}</h2>
      {rules.length === 0 && <Empty title={t("routing.noInhibition")} />}
      <ul>
        {rules.map(({ name, source, target, equal }, index) => (
          <li key={index} class="inhibition">
            {name && <strong>{name}</strong>}
            <MatcherChips matchers={source} />
            <span class="small soft">{t("routing.silences")}</span>
            <MatcherChips matchers={target} />
            {equal.length > 0 && (
              <span class="small soft">{t("routing.sameLabels", { labels: equal.join(", ") })}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
