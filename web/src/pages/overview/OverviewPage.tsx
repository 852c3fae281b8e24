// The machine at a glance, by the USE method: utilisation, saturation and errors of each resource.
import { useCallback, useMemo } from "preact/hooks";
import "./overview.css";
import { Button, Choice } from "../../components/Button.tsx";
import { Select } from "../../components/Fields.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { formatDuration, parseDuration, roughDuration } from "../../format/duration.ts";
import { dateTime, parseDateTime, utcDateTime } from "../../format/time.ts";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { location, recordSome, visit } from "../../state/router.ts";
import { Cores } from "./Cores.tsx";
import { cpuSection, diskSection, memorySection, networkSection, selectorOf } from "./expressions.ts";
import { Filesystems } from "./Filesystems.tsx";
import { Interfaces } from "./Interfaces.tsx";
import { facts, type Machine, machines, nodeTargetState } from "./machine.ts";
import { MemoryParts } from "./MemoryParts.tsx";
import { Section } from "./Sections.tsx";
import { Tiles } from "./Tiles.tsx";
import { defaultRange, RANGES, REFRESH_SECONDS, viewOf } from "./view.ts";

/** While there is no machine yet, its first samples are looked for often. */
const WAITING_SECONDS = 3;

export default function OverviewPage() {
  const tick = useTick(REFRESH_SECONDS);
  const { data: found, error } = useResource(`machines ${tick}`, (signal) => machines(Date.now() / 1000, signal));
  if (!found) return <div class="page">{error ? <ErrorNotice error={error} /> : <Skeleton height={520} />}</div>;
  if (found.length === 0) return <Waiting />;
  const wanted = location.value.parameters.get("instance");
  const machine = found.find(({ key }) => key === wanted) ?? found[0]!;
  return <MachineView machine={machine} all={found} tick={tick} error={error} />;
}

function Waiting() {
  const tick = useTick(WAITING_SECONDS);
  const state = useResource(`node target ${tick}`, nodeTargetState).data;
  const appeared = useResource(`first samples ${tick}`, (signal) => machines(Date.now() / 1000, signal)).data?.length;
  if (appeared) return <OverviewPage />;
  return (
    <div class="page card">
      <Empty title={t("overview.waiting")}>
        <p>
          {t(
            state === "down"
              ? "overview.waitingDown"
              : state === "none"
                ? "overview.waitingNone"
                : "overview.waitingUp",
          )}
        </p>
      </Empty>
    </div>
  );
}

interface MachineViewProps {
  machine: Machine;
  all: readonly Machine[];
  tick: number;
  /** Why the last look failed, if it did: what is shown then is older than it seems. */
  error: unknown;
}

function MachineView({ machine, all, tick, error }: MachineViewProps) {
  const { parameters } = location.value;
  const range = parseDuration(parameters.get("range") ?? "") ?? defaultRange(machine);
  const end = parseDateTime(parameters.get("end") ?? "", "utc");
  const zoom = useCallback((from: number, to: number) => {
    const next = new URLSearchParams(location.peek().parameters);
    next.set("range", formatDuration(Math.max(Math.round(to - from), 60)));
    next.set("end", utcDateTime(to));
    visit("", next);
  }, []);
  const view = useMemo(
    () => viewOf(machine, range, end, Math.floor(Date.now() / 1000), zoom),
    [machine.key, range, end, tick],
  );
  return (
    <div class="page stack">
      <header class="page-head">
        <MachineTitle machine={machine} now={view.now} />
        {all.length > 1 && (
          <Select
            label={t("overview.machine")}
            value={machine.key}
            options={all.map(({ key, host }) => ({ value: key, text: `${host} (${key})` }))}
            onChange={(instance) => recordSome({ instance })}
          />
        )}
        {end !== null && (
          <Button icon="back" kind="quiet" title={dateTime(end)} onClick={() => recordSome({ end: "", range: "" })}>
            {t("overview.toNow")}
          </Button>
        )}
        <Choice
          label={t("overview.range")}
          value={formatDuration(range)}
          options={RANGES.map((value) => ({ value: formatDuration(parseDuration(value)!), text: value }))}
          onChange={(value) => recordSome({ range: value, end: "" })}
        />
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      <Tiles view={view} />
      <Section id="cpu" plan={cpuSection(view.scope)} view={view}>
        <Cores view={view} />
      </Section>
      <Section id="memory" plan={memorySection(view.scope)} view={view} aside={<MemoryParts view={view} />} />
      <Section id="disk" plan={diskSection(view.scope)} view={view}>
        <Filesystems view={view} />
      </Section>
      <Section id="network" plan={networkSection(view.scope)} view={view}>
        <Interfaces view={view} />
      </Section>
    </div>
  );
}

function MachineTitle({ machine, now }: { machine: Machine; now: number }) {
  const selector = selectorOf(machine.labels);
  const { data } = useResource(`facts ${selector} ${now}`, (signal) => facts(selector, now, signal));
  const told = [
    data?.distribution,
    machine.system,
    data?.cores !== undefined && t("overview.cores", { count: data.cores }),
    data?.memoryBytes !== undefined && formatValue(data.memoryBytes, "bytes"),
    data?.load1 !== undefined && t("overview.load", { value: formatValue(data.load1, "none") }),
    data?.uptimeSeconds !== undefined && t("overview.uptime", { value: roughDuration(data.uptimeSeconds) }),
  ].filter((text) => typeof text === "string");
  return (
    <div class="machine">
      <h1>{machine.host}</h1>
      <p class="soft small">{told.join(" · ")}</p>
    </div>
  );
}
