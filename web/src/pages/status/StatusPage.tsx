// The server about itself: what it stores, what is expensive in it, how it was built and started.
import "./status.css";
import { buildInfo, runtimeInfo, storeStatus } from "../../api/status.ts";
import { ErrorNotice } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { Config } from "./Config.tsx";
import { FactTable, Flags } from "./Facts.tsx";
import { Figures } from "./Figures.tsx";
import { Rankings } from "./Rankings.tsx";

const REFRESH_SECONDS = 15;

export default function StatusPage() {
  const tick = useTick(REFRESH_SECONDS);
  const store = useResource(`store ${tick}`, storeStatus);
  const build = useResource("build", buildInfo);
  const runtime = useResource(`runtime ${tick}`, runtimeInfo);
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.status")}</h1>
      </header>
      {store.error !== undefined && <ErrorNotice error={store.error} />}
      <Figures store={store} tick={tick} />
      {(store.data || store.loading) && <Rankings store={store.data} />}
      <div class="columns">
        <FactTable title="status.runtime" facts={runtime} />
        <FactTable title="status.build" facts={build} />
      </div>
      <Config />
      <Flags />
    </div>
  );
}
