// A resource of the machine: charts of its utilisation and saturation, its errors as counts, its parts below.
import type { ComponentChildren } from "preact";
import { instantVector } from "../../api/query.ts";
import { t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import { ChartCard } from "./ChartCard.tsx";
import type { Section as Plan } from "./expressions.ts";
import type { View } from "./view.ts";

interface SectionProps {
  id: string;
  plan: Plan;
  view: View;
  aside?: ComponentChildren;
  children?: ComponentChildren;
}

export function Section({ id, plan, view, aside, children }: SectionProps) {
  return (
    <section class="resource" id={id} aria-labelledby={`${id}-title`}>
      <header class="row">
        <h2 id={`${id}-title`}>{t(plan.title)}</h2>
        <span class="spacer" />
        <Errors plan={plan} view={view} />
      </header>
      <div class="charts">
        {plan.charts.map((chart) => (
          <ChartCard key={chart.title} plan={chart} view={view} />
        ))}
        {aside}
      </div>
      {children}
    </section>
  );
}

function Errors({ plan, view }: { plan: Plan; view: View }) {
  const key = JSON.stringify([plan.errors.map(({ expr }) => expr), view.now]);
  const { data } = useResource(key, (signal) =>
    Promise.all(plan.errors.map(async ({ expr }) => (await instantVector(expr, view.now, signal))[0]?.value)),
  );
  if (!data) return null;
  const known = plan.errors.flatMap(({ key: name }, index) => {
    const count = data[index];
    return count === undefined ? [] : [{ name, count: Math.round(count) }];
  });
  if (known.length === 0) return null; // nothing on this machine counts them
  const bad = known.filter(({ count }) => count > 0);
  if (bad.length === 0) return <span class="badge good" title={known.map(({ name }) => t(name, { count: 0 })).join(" · ")}>{t("errors.none")}</span>;
  return (
    <>
      {bad.map(({ name, count }) => (
        <span key={name} class="badge bad">{t(name, { count })}</span>
      ))}
    </>
  );
}
