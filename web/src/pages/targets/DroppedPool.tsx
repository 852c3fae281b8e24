// Targets that a job's relabelling dropped, with the way to see which rule did.
import { useState } from "preact/hooks";
import type { DroppedTarget } from "../../api/targets.ts";
import { LabelChips } from "../../components/LabelChips.tsx";
import { t } from "../../i18n/translate.ts";
import { Discovery } from "./Discovery.tsx";

const ROWS_SHOWN = 100;

export function DroppedPool({ name, targets }: { name: string; targets: readonly DroppedTarget[] }) {
  return (
    <section class="card pool">
      <h2 class="pool-head">
        <span class="pool-name">{name}</span>
        <span class="badge">{targets.length}</span>
      </h2>
      <ul>
        {targets.slice(0, ROWS_SHOWN).map((target) => (
          <DroppedRow key={JSON.stringify(target.discoveredLabels)} pool={name} target={target} />
        ))}
      </ul>
      {targets.length > ROWS_SHOWN && <p class="small soft pool-more">{t("chart.more", { count: targets.length - ROWS_SHOWN })}</p>}
    </section>
  );
}

function DroppedRow({ pool, target }: { pool: string; target: DroppedTarget }) {
  const [open, setOpen] = useState(false);
  const told = Object.fromEntries(Object.entries(target.discoveredLabels).filter(([name]) => name === "__address__" || !name.startsWith("__")));
  return (
    <li class="target">
      <div class="target-line">
        <LabelChips labels={told} />
        <span class="spacer" />
        <button type="button" class="link small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "targets.hideDiscovered" : "targets.showDiscovered")}
        </button>
      </div>
      {open && <Discovery pool={pool} labels={target.discoveredLabels} />}
    </li>
  );
}
