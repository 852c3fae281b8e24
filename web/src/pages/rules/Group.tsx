// A group of rules: how often, how long it takes, how much of its interval that is, and its rules.
import { useState } from "preact/hooks";
import type { RuleGroup } from "../../api/rules.ts";
import { Icon } from "../../components/Icon.tsx";
import { Meter } from "../../components/Meter.tsx";
import { roughDuration } from "../../format/duration.ts";
import { dateTime } from "../../format/time.ts";
import { t } from "../../i18n/translate.ts";
import type { ChangedGroup } from "./changes.ts";
import { ruleKey, stateOf } from "./filter.ts";
import { HistoryButton } from "./RuleHistory.tsx";
import { RuleRow } from "./RuleRow.tsx";

interface GroupProps {
  group: RuleGroup;
  /** Where it was set over HTTP. */
  changed: ChangedGroup | undefined;
}

export function Group({ group, changed }: GroupProps) {
  const [open, setOpen] = useState(true);
  const { name, file, rules } = group;
  const count = (state: string): number => rules.filter((rule) => stateOf(rule) === state).length;
  return (
    <section class="card rule-group">
      <h2>
        <button type="button" class="rule-group-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="chevron" />
          <span class="rule-group-name">{name}</span>
          {count("firing") > 0 && <span class="badge bad">{t("rules.firing", { count: count("firing") })}</span>}
          {count("failing") > 0 && <span class="badge bad">{t("rules.failing", { count: count("failing") })}</span>}
          <span class="badge">{t("rules.count", { count: rules.length })}</span>
        </button>
      </h2>
      <div class="rule-group-facts small soft number">
        <span class="mono rule-file" title={file}>
          {file.split("/").slice(-2).join("/")}
        </span>
        <Timing group={group} />
        {changed && <HistoryButton group={changed} />}
      </div>
      {open && (
        <ul>
          {rules.map((rule, index) => (
            <RuleRow key={index} id={ruleKey(group, rule)} rule={rule} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Timing({ group: { interval, evaluationTime, lastEvaluation } }: { group: RuleGroup }) {
  const at = Date.parse(lastEvaluation) / 1000;
  const every = t("rules.every", { interval: roughDuration(interval) });
  if (!(at > 0)) return <span>{`${every} · ${t("rules.notYet")}`}</span>;
  const ago = roughDuration(Math.max(Math.round(Date.now() / 1000 - at), 0));
  return (
    <>
      <span
        title={dateTime(at)}
      >{`${every} · ${t("rules.evaluated", { ago, took: roughDuration(evaluationTime) })}`}</span>
      <span class="rule-group-meter">
        <Meter ratio={evaluationTime / interval} label={t("rules.share")} />
      </span>
    </>
  );
}
