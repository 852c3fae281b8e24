// The page's entry: picks the page of the address and loads it; each page is its own chunk.
import { type ComponentType, render } from "preact";
import { useEffect } from "preact/hooks";
import "./theme/tokens.css";
import "./theme/base.css";
import "./components/components.css";
import { Deferred } from "./components/Deferred.tsx";
import { Empty } from "./components/Notice.tsx";
import { Shell } from "./components/Shell.tsx";
import { type Key, t } from "./i18n/translate.ts";
import { address, location } from "./state/router.ts";

interface Route {
  title: Key;
  load: () => Promise<{ default: ComponentType }>;
}

const query: Route = { title: "nav.query", load: () => import("./pages/query/QueryPage.tsx") };

const ROUTES: Record<string, Route> = {
  "": { title: "nav.overview", load: () => import("./pages/overview/OverviewPage.tsx") },
  query,
  graph: query, // links made for Prometheus
  alerts: { title: "nav.alerts", load: () => import("./pages/alerts/AlertsPage.tsx") },
  silences: { title: "nav.silences", load: () => import("./pages/silences/SilencesPage.tsx") },
  rules: { title: "nav.rules", load: () => import("./pages/rules/RulesPage.tsx") },
  routing: { title: "nav.routing", load: () => import("./pages/routing/RoutingPage.tsx") },
  slos: { title: "nav.slos", load: () => import("./pages/slos/SlosPage.tsx") },
  cardinality: { title: "nav.cardinality", load: () => import("./pages/cardinality/CardinalityPage.tsx") },
  targets: { title: "nav.targets", load: () => import("./pages/targets/TargetsPage.tsx") },
  push: { title: "nav.push", load: () => import("./pages/push/PushPage.tsx") },
  status: { title: "nav.status", load: () => import("./pages/status/StatusPage.tsx") },
};

function App() {
  const { path } = location.value;
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  const title = t(route?.title ?? "notFound.title");
  useEffect(() => {
    document.title = `${title} · Vedette`;
  }, [title]);
  return <Shell>{route ? <Deferred key={path} load={route.load} shown={{}} height={480} /> : <NotFound />}</Shell>;
}

function NotFound() {
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("notFound.title")}</h1>
      </header>
      <div class="card">
        <Empty title={t("notFound.hint")}>
          <p class="not-found-path">
            <code>{window.location.pathname}</code>
          </p>
          <a href={address("")}>{t("notFound.home")}</a>
        </Empty>
      </div>
    </div>
  );
}

render(<App />, document.getElementById("app")!);
