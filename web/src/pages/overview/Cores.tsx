// Each core's work: an average hides the one core that is busy.
import { instantVector } from "../../api/query.ts";
import { Meter } from "../../components/Meter.tsx";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import type { View } from "./view.ts";

export function Cores({ view }: { view: View }) {
  const { selector, window } = view.scope;
  const expr = `1 - sum by (cpu) (rate(node_cpu_seconds_total{${selector},mode="idle"}[${window}]))`;
  const { data } = useResource(`${expr}@${view.now}`, (signal) => instantVector(expr, view.now, signal));
  if (!data?.length) return null;
  const cores = data.map(({ labels, value }) => ({ cpu: labels["cpu"] ?? "", busy: Math.max(value, 0) })).sort((a, b) => Number(a.cpu) - Number(b.cpu));
  return (
    <ul class="card cores" aria-label={t("cpu.perCore")}>
      {cores.map(({ cpu, busy }) => (
        <li key={cpu}>
          <span class="small soft">{t("cpu.core", { core: cpu })}</span>
          <Meter ratio={busy} label={t("cpu.core", { core: cpu })} />
          <span class="small number">{formatValue(busy, "ratio")}</span>
        </li>
      ))}
    </ul>
  );
}
