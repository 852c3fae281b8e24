// What fires now: grouped, filtered, live. One alert is looked into at the address `?alert=FINGERPRINT`; what became of all
// of them is at `?view=history`.
import { useState } from "preact/hooks";
import "./alerts.css";
import { alertGroups } from "../../api/alertmanager.ts";
import { allNotes } from "../../api/alert_notes.ts";
import { Icon } from "../../components/Icon.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { readList, writeList } from "../../matchers/matchers.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { address, chosen, location, recordSome } from "../../state/router.ts";
import { AlertView } from "./AlertView.tsx";
import { Controls } from "./Controls.tsx";
import { Group } from "./Group.tsx";
import { distinctAlerts, mutedBy, shownGroups, STANDINGS } from "./grouping.ts";
import { HistoryList } from "./History.tsx";
import { NothingShown } from "./NothingShown.tsx";
import { type Silencing, SilenceDialog } from "./SilenceDialog.tsx";

const REFRESH_SECONDS = 10;
const GROUPS_SHOWN = 100;

export default function AlertsPage() {
  const { parameters } = location.value;
  const fingerprint = parameters.get("alert");
  if (fingerprint) return <AlertView key={fingerprint} fingerprint={fingerprint} />;
  return parameters.get("view") === "history" ? <HistoryList /> : <AlertList />;
}

function AlertList() {
  const { parameters } = location.value;
  const filters = readList(parameters.get("filter") ?? "");
  const standing = chosen("state", [...STANDINGS, "all"], "active");
  const names = (parameters.get("by") ?? "").split(",").filter(Boolean);
  const [silencing, setSilencing] = useState<Silencing | null>(null);
  const [changes, setChanges] = useState(0);
  const tick = useTick(REFRESH_SECONDS);
  const { data: all, error } = useResource(`${filters} ${tick} ${changes}`, (signal) => alertGroups(filters, signal));
  const { data: notes = {} } = useResource(`${tick} ${changes}`, allNotes);
  const setFilters = (next: string[]): void => recordSome({ filter: writeList(next) });
  const silence = parameters.get("silence") ?? "";
  const data = all && mutedBy(all, silence);
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
      {silence && <OfSilence id={silence} />}
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={420} />}
      {shown?.length === 0 && error === undefined && (
        <NothingShown isNarrowed={filters.length > 0 || silence !== ""} hasOthers={distinctAlerts(data!).length > 0} />
      )}
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

function OfSilence({ id }: { id: string }) {
  return (
    <div class="row">
      <span class="chip entered">
        <span>{t("alerts.ofSilence")}</span>
        <button
          type="button"
          aria-label={t("chips.remove", { text: t("alerts.ofSilence") })}
          onClick={() => recordSome({ silence: "" })}
        >
          <Icon name="close" size={12} />
        </button>
      </span>
      <a class="small" href={address("silences", { q: id })}>
        {t("alerts.showSilence")}
      </a>
    </div>
  );
}
