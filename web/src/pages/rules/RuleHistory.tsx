// What was done over HTTP to groups of rules; one group's versions are at the address `?history=NAMESPACE/GROUP`.
import { ruleVersions, type RuleChange } from "../../api/rules.ts";
import { Icon } from "../../components/Icon.tsx";
import { Versions } from "../../components/Versions.tsx";
import { t } from "../../i18n/translate.ts";
import { location, recordSome } from "../../state/router.ts";
import { changedGroups, type ChangedGroup } from "./changes.ts";

export function HistoryButton({ group }: { group: ChangedGroup }) {
  return (
    <button type="button" class="link history-button" onClick={() => recordSome({ history: group.key })}>
      <Icon name="clock" size={14} /> {t("versions.show")}
    </button>
  );
}

/** Groups that are no more have no card to press on. */
export function DeletedGroups({ changes }: { changes: readonly RuleChange[] }) {
  const gone = changedGroups(changes).filter(({ deleted }) => deleted);
  if (gone.length === 0) return null;
  return (
    <div class="row deleted-groups">
      <span class="small soft">{t("versions.gone")}</span>
      {gone.map((group) => (
        <button
          key={group.key}
          type="button"
          class="chip pressable"
          onClick={() => recordSome({ history: group.key })}
        >
          <span>{group.key}</span>
        </button>
      ))}
    </div>
  );
}

export function RuleHistory({ changes }: { changes: readonly RuleChange[] }) {
  const wanted = location.value.parameters.get("history");
  const found = changedGroups(changes).find(({ key }) => key === wanted);
  if (!found) return null;
  const { namespace, group } = found;
  return (
    <Versions
      key={found.key}
      name={group}
      load={async (signal) =>
        (await ruleVersions(namespace, signal))
          .filter((version) => version.group === group)
          .map(({ version, time, user, text }) => ({ number: version, time: Date.parse(time) / 1000, user, text }))
      }
      onClose={() => recordSome({ history: "" })}
    />
  );
}
