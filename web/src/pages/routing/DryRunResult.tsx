// What a dry run would have sent: in a sentence, by receiver with its groups, over time; beside the configuration in force.
import { useMemo, useState } from "preact/hooks";
import type { DryRun, GroupCount } from "../../api/dry_run.ts";
import { TimeChart } from "../../charts/TimeChart.tsx";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { Empty } from "../../components/Notice.tsx";
import { dateTime } from "../../format/time.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { theme } from "../../state/preferences.ts";
import { seriesColour } from "../../theme/palette.ts";
import {
  type ComparedReceiver,
  compareReceivers,
  differenceText,
  IN_FORCE_SLOT,
  overTime,
  THIS_SLOT,
} from "./comparing.ts";

const GROUPS_SHOWN = 10;
const NAMES_SHOWN = 3;
const CHART_HEIGHT = 160;

export function DryRunResult({ run, isOld }: { run: DryRun; isOld: boolean }) {
  const { start, end, alerts, historyTruncated, suppressed } = run;
  const span = t("dryRun.span", { from: dateTime(start), to: dateTime(end), alerts });
  return (
    <section class="card dry-run-card dry-run-result" aria-live="polite">
      <h2>{sentence(run)}</h2>
      <p class="small soft number">{span}</p>
      {isOld && <div class="notice info">{t("dryRun.changed")}</div>}
      {historyTruncated && <div class="notice warn">{t("dryRun.truncated")}</div>}
      {alerts === 0 ? <Empty title={t("dryRun.noAlerts")} /> : <Figures run={run} />}
      <Suppressed counts={suppressed} />
      <p class="small faint">{t("dryRun.simulated")}</p>
    </section>
  );
}

function sentence({ notifications, receivers }: DryRun): string {
  if (notifications === 0) return t("dryRun.none");
  const shown = receivers.slice(0, NAMES_SHOWN).map(({ receiver }) => receiver);
  const names = [...shown, ...(receivers.length > NAMES_SHOWN ? ["…"] : [])].join(", ");
  return t(notifications === 1 ? "dryRun.one" : "dryRun.many", { count: notifications, names });
}

function Figures({ run }: { run: DryRun }) {
  const receivers = compareReceivers(run);
  const most = Math.max(1, ...receivers.flatMap(({ count, inForce }) => [count, inForce]));
  const chart = useMemo(() => overTime(run, [t("dryRun.this"), t("dryRun.inForce")]), [run, t("dryRun.this")]);
  return (
    <>
      <Legend run={run} />
      {receivers.length > 0 && (
        <>
          <h3>{t("dryRun.receivers")}</h3>
          <ul class="dry-run-receivers">
            {receivers.map((receiver) => (
              <Receiver key={receiver.name} receiver={receiver} most={most} />
            ))}
          </ul>
          <h3>{t("dryRun.overTime")}</h3>
          <TimeChart
            data={chart}
            unit="none"
            label={t("dryRun.overTime")}
            height={CHART_HEIGHT}
            start={run.start}
            end={run.end}
            fromZero
          />
        </>
      )}
    </>
  );
}

/** The colours of both configurations, with their sums. */
function Legend({ run }: { run: DryRun }) {
  return (
    <ul class="legend-inline">
      <li>
        <Swatch slot={THIS_SLOT} /> {t("dryRun.this")} <strong class="number">{run.notifications}</strong>
      </li>
      <li>
        <Swatch slot={IN_FORCE_SLOT} /> {t("dryRun.inForce")}{" "}
        <strong class="number">{run.current.notifications}</strong>
      </li>
      <li>
        <Difference count={run.notifications} inForce={run.current.notifications} />
      </li>
    </ul>
  );
}

const Swatch = ({ slot }: { slot: number }) => (
  <span class="swatch" style={{ background: seriesColour(slot, theme.value) }} />
);

function Difference({ count, inForce }: { count: number; inForce: number }) {
  const text = differenceText(count, inForce);
  return text ? <span class="badge number info">{text}</span> : null;
}

function Receiver({ receiver: { name, count, inForce, told }, most }: { receiver: ComparedReceiver; most: number }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div class="row">
        <strong class="receiver">
          <Icon name="send" size={14} /> {name}
        </strong>
        <Difference count={count} inForce={inForce} />
        <span class="spacer" />
        {told ? (
          <button
            type="button"
            class="dry-run-fold small number"
            aria-expanded={open}
            title={t("dryRun.groupsOf", { receiver: name })}
            onClick={() => setOpen(!open)}
          >
            <Icon name="chevron" size={12} />
            {`${t("dryRun.alerts", { count: told.alerts })} · ${t("dryRun.groups", { count: told.groups.length })}`}
          </button>
        ) : (
          <span class="badge warn">{t("dryRun.notNow")}</span>
        )}
      </div>
      <Bar value={count} most={most} slot={THIS_SLOT} />
      <Bar value={inForce} most={most} slot={IN_FORCE_SLOT} />
      {open && told && (
        <>
          <Integrations counts={told.integrations} />
          <Groups groups={told.groups} />
        </>
      )}
    </li>
  );
}

function Bar({ value, most, slot }: { value: number; most: number; slot: number }) {
  return (
    <div class="dry-run-bar small number">
      {value > 0 && <i style={{ "--share": value / most, background: seriesColour(slot, theme.value) }} />}
      {value}
    </div>
  );
}

function Integrations({ counts }: { counts: Readonly<Record<string, number>> }) {
  return (
    <ul class="chips">
      {Object.entries(counts).map(([integration, count]) => (
        <li key={integration} class="chip">
          <span class="chip-name">{integration}</span>
          <span class="number">{count}</span>
        </li>
      ))}
    </ul>
  );
}

function Groups({ groups }: { groups: readonly GroupCount[] }) {
  return (
    <ul class="dry-run-groups">
      {groups.slice(0, GROUPS_SHOWN).map(({ groupKey, groupLabels, notifications, first, last }) => (
        <li key={groupKey} class="row">
          <strong class="number">{notifications}</strong>
          {Object.keys(groupLabels).length > 0 ? <LabelChips labels={groupLabels} /> : <code>{"{}"}</code>}
          <span class="small soft number">
            {first === last ? dateTime(first) : `${dateTime(first)} – ${dateTime(last)}`}
          </span>
        </li>
      ))}
      {groups.length > GROUPS_SHOWN && (
        <li class="small soft">{t("chart.more", { count: groups.length - GROUPS_SHOWN })}</li>
      )}
    </ul>
  );
}

function Suppressed({ counts }: { counts: Readonly<Record<string, number>> }) {
  const entries = Object.entries(counts);
  if (entries.length === 0) return null;
  return (
    <div class="row">
      <span class="small soft">{t("dryRun.suppressed")}</span>
      {entries.map(([stage, count]) => (
        <span key={stage} class="badge number">
          {t(`dryRun.by.${stage}` as Key)} {count}
        </span>
      ))}
    </div>
  );
}
