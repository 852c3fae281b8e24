// What discovery found of a target, and what each relabelling rule made of it.
import { useState } from "preact/hooks";
import type { Labels } from "../../api/query.ts";
import { type RelabelStep, relabelSteps } from "../../api/targets.ts";
import { Button } from "../../components/Button.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { changes } from "./relabelling.ts";
import { useResource } from "../../state/resource.ts";

export function Discovery({ pool, labels }: { pool: string; labels: Labels }) {
  const [steps, setSteps] = useState(false);
  return (
    <div class="discovery">
      <h3>{t("targets.discovered")}</h3>
      <LabelChips labels={labels} />
      {steps ? (
        <Steps pool={pool} labels={labels} />
      ) : (
        <div>
          <Button onClick={() => setSteps(true)}>{t("relabel.show")}</Button>
        </div>
      )}
    </div>
  );
}

function Steps({ pool, labels }: { pool: string; labels: Labels }) {
  const { data, error } = useResource(JSON.stringify([pool, labels]), (signal) => relabelSteps(pool, labels, signal));
  if (error !== undefined) return <ErrorNotice error={error} />;
  if (!data) return <Skeleton height={80} />;
  if (data.length === 0) return <p class="soft">{t("relabel.none")}</p>;
  return (
    <ol class="steps">
      {data.map((step, index) => (
        <StepRow key={index} number={index + 1} step={step} before={data[index - 1]?.output ?? labels} />
      ))}
    </ol>
  );
}

function StepRow({ number, step, before }: { number: number; step: RelabelStep; before: Labels }) {
  const changed = changes(before, step.output ?? {});
  return (
    <li>
      <h4>
        {t("relabel.rule", { number })} <span class={step.keep ? "badge good" : "badge bad"}>{t(step.keep ? "relabel.kept" : "relabel.dropped")}</span>
      </h4>
      <code class="rule">{ruleText(step.rule)}</code>
      {step.keep && changed.length === 0 && <span class="small faint">{t("relabel.unchanged")}</span>}
      {step.keep && changed.length > 0 && (
        <ul class="changes mono">
          {changed.map(({ name, from, to }) => (
            <li key={name}>
              {from !== undefined && <del>{`${name}=${JSON.stringify(from)}`}</del>} {to !== undefined && <ins>{`${name}=${JSON.stringify(to)}`}</ins>}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** One line per setting, the action first, as it stands in the configuration. */
function ruleText(rule: Readonly<Record<string, unknown>>): string {
  const { action, ...others } = rule;
  const lines = Object.entries(others).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [`action: ${String(action)}`, ...lines].join("\n");
}
