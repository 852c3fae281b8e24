// Rules as they are evaluated: by group, with health and cost; each with its expression, its alerts and a graph.
import "./rules.css";
import { ruleChanges, ruleGroups, type RuleGroup } from "../../api/rules.ts";
import { Choice } from "../../components/Button.tsx";
import { Search } from "../../components/Fields.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { chosen, location, recordSome } from "../../state/router.ts";
import { changedGroupOf } from "./changes.ts";
import { countRules, RULE_STATES, type RuleState, shownRules } from "./filter.ts";
import { Group } from "./Group.tsx";
import { DeletedGroups, RuleHistory } from "./RuleHistory.tsx";

const REFRESH_SECONDS = 15;

export default function RulesPage() {
  const tick = useTick(REFRESH_SECONDS);
  const { data, error } = useResource(`${tick}`, ruleGroups);
  /** What may not be read (tenants) or is not known has no history here. */
  const { data: changes = [] } = useResource(location.value.parameters.get("history") ?? "", ruleChanges);
  const { parameters } = location.value;
  const state = chosen<RuleState | "">("state", RULE_STATES, "");
  const words = parameters.get("q") ?? "";
  const shown = data && shownRules(data, state, words);
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.rules")}</h1>
        {data && <States groups={data} state={state} />}
        <span class="spacer" />
        <Search label={t("rules.search")} value={words} onInput={(q) => recordSome({ q })} />
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={420} />}
      {shown?.length === 0 && (
        <div class="card">
          {data!.length === 0 ? (
            <Empty title={t("rules.none")}>{t("rules.noneHint")}</Empty>
          ) : (
            <Empty title={t("rules.noneMatches")} />
          )}
        </div>
      )}
      {shown?.map((group) => (
        <Group key={`${group.file};${group.name}`} group={group} changed={changedGroupOf(changes, group)} />
      ))}
      <DeletedGroups changes={changes} />
      <RuleHistory changes={changes} />
    </div>
  );
}

function States({ groups, state }: { groups: readonly RuleGroup[]; state: RuleState | "" }) {
  const counts = countRules(groups);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <Choice<RuleState | "">
      label={t("rules.state")}
      value={state}
      options={[
        { value: "", text: t("alerts.all", { count: total }) },
        ...RULE_STATES.filter((one) => counts[one] > 0 || one === state).map((one) => ({
          value: one,
          text: (
            <>
              <i class={`dot ${one}`} /> {t(`alertState.${one}`)} {counts[one]}
            </>
          ),
        })),
      ]}
      onChange={(value) => recordSome({ state: value })}
    />
  );
}
