// What fires now: grouped, filtered, live. One alert is looked into at the address `?alert=FINGERPRINT`.
import { useState } from "preact/hooks";
import "./alerts.css";
import { alertGroups } from "../../api/alertmanager.ts";
import { allNotes } from "../../api/alert_notes.ts";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { readList, writeList } from "../../matchers/matchers.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { location, recordSome } from "../../state/router.ts";
import { AlertView } from "./AlertView.tsx";
import { Controls } from "./Controls.tsx";
import { Group } from "./Group.tsx";
import { distinctAlerts, shownGroups, type Standing } from "./grouping.ts";
import { NothingShown } from "./NothingShown.tsx";
import { type Silencing, SilenceDialog } from "./SilenceDialog.tsx";

const REFRESH_SECONDS = 10;
const GROUPS_SHOWN = 100;

export default function AlertsPage() {
  const fingerprint = location.value.parameters.get("alert");
  return fingerprint ? <AlertView key={fingerprint} fingerprint={fingerprint} /> : <AlertList />;
}

function AlertList() {
  const { parameters } = location.value;
  const filters = readList(parameters.get("filter") ?? "");
  const standing = (parameters.get("state") ?? "active") as Standing | "all";
  const names = (parameters.get("by") ?? "").split(",").filter(Boolean);
  const [silencing, setSilencing] = useState<Silencing | null>(null);
  const [changes, setChanges] = useState(0);
  const tick = useTick(REFRESH_SECONDS);
  const { data, error } = useResource(`${filters} ${tick} ${changes}`, (signal) => alertGroups(filters, signal));
  const { data: notes = {} } = useResource(`${tick} ${changes}`, allNotes);
  const setFilters = (next: string[]): void => recordSome({ filter: writeList(next) });
  const shown = data && shownGroups(data, names, standing);
  return (
    <div class="page stack">
      <Controls
        alerts={data && distinctAlerts(data)}
        filters={filters}
        onFilters={setFilters}
        standing={standing}
        names={names}
      />
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={420} />}
      {shown?.length === 0 && <NothingShown isNarrowed={filters.length > 0} hasOthers={data!.length > 0} />}
      {shown?.slice(0, GROUPS_SHOWN).map((group) => (
        <Group
          key={group.key}
          group={group}
          notes={notes}
          onFilter={(matcher) => setFilters([...new Set([...filters, matcher])])}
          onSilence={setSilencing}
        />
      ))}
      {shown && shown.length > GROUPS_SHOWN && (
        <p class="soft">{t("alerts.moreGroups", { count: shown.length - GROUPS_SHOWN })}</p>
      )}
      {silencing && (
        <SilenceDialog
          silencing={silencing}
          onClose={() => setSilencing(null)}
          onSaved={() => setChanges(changes + 1)}
        />
      )}
    </div>
  );
}
