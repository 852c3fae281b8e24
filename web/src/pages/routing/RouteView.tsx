// A route and those below it. What a route has from its parent is not said again.
import type { RouteNode, RoutePath } from "../../api/routing.ts";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { MatcherChips } from "../../components/MatcherChips.tsx";
import { formatDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";

interface RouteViewProps {
  route: RouteNode;
  parent?: RouteNode;
  /** The ways of the label set that is tested. */
  paths: readonly RoutePath[];
}

export function RouteView({ route, parent, paths }: RouteViewProps) {
  const { id, receiver, matchers, routes } = route;
  const isPassed = paths.some(({ ids }) => ids.includes(id));
  const isTaken = paths.some(({ ids }) => ids.at(-1) === id);
  return (
    <li class={isTaken ? "route taken" : isPassed ? "route passed" : "route"}>
      <div class="route-box">
        <div class="row">
          {matchers.length > 0 ? (
            <MatcherChips matchers={matchers} />
          ) : (
            <span class="soft">{t(parent ? "routing.everyAlertHere" : "routing.everyAlert")}</span>
          )}
          <span class={receiver === parent?.receiver ? "route-receiver soft" : "route-receiver"}>
            <Icon name="send" size={14} /> {receiver}
          </span>
          {route.continue && (
            <span class="badge info" title={t("routing.continueHint")}>
              {t("routing.continue")}
            </span>
          )}
          {isTaken && <span class="badge good">{t("routing.takesIt")}</span>}
        </div>
        <Facts route={route} {...(parent ? { parent } : {})} />
      </div>
      {routes.length > 0 && (
        <ul>
          {routes.map((child) => (
            <RouteView key={child.id} route={child} parent={route} paths={paths} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Facts({ route, parent }: { route: RouteNode; parent?: RouteNode }) {
  const facts = factsOf(route, parent);
  return (
    <>
      {facts.length > 0 && <p class="small soft number route-facts">{facts.join(" · ")}</p>}
      {Object.keys(route.labels).length > 0 && <LabelChips labels={route.labels} />}
    </>
  );
}

function factsOf(route: RouteNode, parent: RouteNode | undefined): string[] {
  const differs = (name: keyof RouteNode): boolean => JSON.stringify(route[name]) !== JSON.stringify(parent?.[name]);
  const intervals = { groupWait: "routing.wait", groupInterval: "routing.interval", repeatInterval: "routing.repeat" } as const;
  return [
    ...(differs("groupBy") ? [groupText(route.groupBy)] : []),
    ...(["groupWait", "groupInterval", "repeatInterval"] as const)
      .filter(differs)
      .map((name) => t(intervals[name], { time: formatDuration(route[name]) })),
    ...(route.muteTimeIntervals.length > 0 ? [t("routing.mutedIn", { names: route.muteTimeIntervals.join(", ") })] : []),
    ...(route.activeTimeIntervals.length > 0 ? [t("routing.onlyIn", { names: route.activeTimeIntervals.join(", ") })] : []),
  ];
}

function groupText(names: readonly string[]): string {
  if (names[0] === "...") return t("routing.groupEach");
  return names.length === 0 ? t("routing.groupAll") : t("routing.groupBy", { names: names.join(", ") });
}
