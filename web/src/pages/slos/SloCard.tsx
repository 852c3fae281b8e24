// One objective: the budget as a bar and a number, burn rates by window, forecast, its alerts, and the budget over time.
import { useState } from "preact/hooks";
import { type BudgetState, deleteSlo, type Slo } from "../../api/slos.ts";
import { Button } from "../../components/Button.tsx";
import { Deferred } from "../../components/Deferred.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { ErrorNotice } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { recordSome } from "../../state/router.ts";
import { BurnAlerts } from "./BurnAlerts.tsx";
import { Budget, BurnRates, Forecast } from "./figures.tsx";

const GROUPS_SHOWN = 10;

export function SloCard({ slo, onChanged }: { slo: Slo; onChanged: () => void }) {
  const { definition, source, groups, alerts } = slo;
  const [asking, setAsking] = useState(false);
  return (
    <section class="card slo" aria-label={definition.name}>
      <header class="row">
        <h2>{definition.name}</h2>
        <span class="badge">
          {t("slos.objective", { objective: `${definition.objective}%`, window: definition.window ?? "30d" })}
        </span>
        <span class="spacer" />
        {source === "api" ? (
          <>
            <Button kind="quiet" icon="clock" onClick={() => recordSome({ history: definition.name })}>
              {t("versions.show")}
            </Button>
            <Button kind="quiet" icon="edit" onClick={() => recordSome({ form: definition.name })}>
              {t("silences.editShort")}
            </Button>
            <Button kind="quiet" icon="trash" onClick={() => setAsking(true)}>
              {t("push.delete")}
            </Button>
          </>
        ) : (
          <span class="small soft">{t("slos.fromFile")}</span>
        )}
      </header>
      {definition.description && <p class="soft">{definition.description}</p>}
      {groups.length === 0 && <p class="soft">{t("slos.noData")}</p>}
      {groups.slice(0, GROUPS_SHOWN).map((group) => (
        <GroupFigures key={JSON.stringify(group.labels)} group={group} budget={slo.budget} />
      ))}
      {groups.length > GROUPS_SHOWN && <p class="soft">{t("chart.more", { count: groups.length - GROUPS_SHOWN })}</p>}
      <div class="slo-columns">
        <Deferred load={() => import("./BudgetGraph.tsx")} shown={{ name: definition.name }} height={200} />
        <BurnAlerts alerts={alerts} name={definition.name} />
      </div>
      {asking && <Deletion name={definition.name} onClose={() => setAsking(false)} onDeleted={onChanged} />}
    </section>
  );
}

function GroupFigures({ group, budget }: { group: BudgetState; budget: number }) {
  return (
    <div class="slo-group">
      {Object.keys(group.labels).length > 0 && <LabelChips labels={group.labels} />}
      <div class="slo-figures">
        <Budget group={group} budget={budget} />
        <BurnRates rates={group.burnRates} />
        <Forecast group={group} />
      </div>
    </div>
  );
}

function Deletion({ name, onClose, onDeleted }: { name: string; onClose: () => void; onDeleted: () => void }) {
  const [error, setError] = useState<unknown>(undefined);
  const confirm = (): void => {
    deleteSlo(name).then(() => {
      onClose();
      onDeleted();
    }, setError);
  };
  return (
    <Dialog title={t("slos.deleteTitle", { name })} onClose={onClose}>
      <p class="soft">{t("slos.deleteHint")}</p>
      {error !== undefined && <ErrorNotice error={error} />}
      <div class="row">
        <span class="spacer" />
        <Button icon="trash" kind="primary" onClick={confirm}>
          {t("push.delete")}
        </Button>
      </div>
    </Dialog>
  );
}
