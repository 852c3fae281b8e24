// The time of a panel: how far back, until when, in which steps.
import { useEffect, useState } from "preact/hooks";
import { IconButton } from "../../components/Button.tsx";
import { Select } from "../../components/Fields.tsx";
import { formatDuration, parseDuration } from "../../format/duration.ts";
import { clock, day, parseDateTime } from "../../format/time.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { automaticStep, type Panel } from "../../state/panels.ts";

const RANGES = [60, 300, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000];

interface TimeControlsProps {
  panel: Panel;
  onChange: (panel: Panel) => void;
}

export function TimeControls({ panel, onChange }: TimeControlsProps) {
  const shorter = RANGES.findLast((range) => range < panel.range);
  const longer = RANGES.find((range) => range > panel.range);
  const move = (by: number): void => {
    const end = Math.floor((panel.end ?? Date.now() / 1000) + by * panel.range);
    onChange({ ...panel, end: end >= Date.now() / 1000 ? null : end });
  };
  return (
    <div class="time-controls">
      {panel.view !== "table" && (
        <div class="joined">
          <button
            type="button"
            aria-label={t("time.shorter")}
            title={t("time.shorter")}
            disabled={!shorter}
            onClick={() => onChange({ ...panel, range: shorter! })}
          >
            −
          </button>
          <DurationField
            label={t("time.range")}
            seconds={panel.range}
            onChange={(range) => range !== null && onChange({ ...panel, range })}
          />
          <button
            type="button"
            aria-label={t("time.longer")}
            title={t("time.longer")}
            disabled={!longer}
            onClick={() => onChange({ ...panel, range: longer! })}
          >
            +
          </button>
        </div>
      )}
      <div class="joined">
        <button type="button" aria-label={t("time.earlier")} title={t("time.earlier")} onClick={() => move(-0.5)}>
          ‹
        </button>
        <EndField end={panel.end} onChange={(end) => onChange({ ...panel, end })} />
        <button
          type="button"
          aria-label={t("time.later")}
          title={t("time.later")}
          disabled={panel.end === null}
          onClick={() => move(0.5)}
        >
          ›
        </button>
      </div>
      {panel.end !== null && (
        <IconButton icon="refresh" label={t("time.now")} onClick={() => onChange({ ...panel, end: null })} />
      )}
      {panel.view !== "table" && (
        <DurationField
          label={t("time.step")}
          seconds={panel.step}
          placeholder={t("time.autoStep", { step: formatDuration(automaticStep(panel.range)) })}
          onChange={(step) => onChange({ ...panel, step })}
        />
      )}
      {panel.view === "graph" && <GraphChoices panel={panel} onChange={onChange} />}
    </div>
  );
}

const EARLIER = [3600, 86_400, 604_800, 2_592_000];

/** What is drawn beside or instead of plain lines. */
function GraphChoices({ panel, onChange }: TimeControlsProps) {
  const offered = [...new Set([...EARLIER, ...(panel.compare === null ? [] : [panel.compare])])].sort((a, b) => a - b);
  return (
    <>
      <Select
        label={t("compare.label")}
        value={String(panel.compare ?? "")}
        options={[
          { value: "", text: t("compare.none") },
          ...offered.map((seconds) => ({
            value: String(seconds),
            text: t("compare.with", { time: formatDuration(seconds) }),
          })),
        ]}
        onChange={(value) => onChange({ ...panel, compare: value ? Number(value) : null })}
      />
      <span class="checks">
        <Check label="query.stacked" checked={panel.stacked} onChange={(stacked) => onChange({ ...panel, stacked })} />
        <Check
          label="query.exemplars"
          checked={panel.exemplars}
          onChange={(exemplars) => onChange({ ...panel, exemplars })}
        />
      </span>
    </>
  );
}

function Check({ label, checked, onChange }: { label: Key; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      {t(label)}
    </label>
  );
}

interface DurationFieldProps {
  label: string;
  seconds: number | null;
  placeholder?: string;
  onChange: (seconds: number | null) => void;
}

/** Takes what PromQL takes ("1h30m"); what it cannot read it marks, and gives up on leaving. */
function DurationField({ label, seconds, placeholder = "", onChange }: DurationFieldProps) {
  const written = seconds === null ? "" : formatDuration(seconds);
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const parsed = text.trim() === "" ? null : parseDuration(text);
  const readable = parsed !== null || (text.trim() === "" && placeholder !== "");
  const commit = (): void => {
    if (!readable) setText(written);
    else if (parsed !== seconds) onChange(parsed);
  };
  return (
    <input
      class="field duration"
      aria-label={label}
      title={label}
      aria-invalid={!readable}
      value={text}
      placeholder={placeholder}
      spellcheck={false}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === "Enter" && commit()}
    />
  );
}

function EndField({ end, onChange }: { end: number | null; onChange: (end: number | null) => void }) {
  const written = end === null ? "" : localInput(end);
  if (end === null) {
    return (
      <button
        type="button"
        class="now"
        title={t("time.endHint")}
        onClick={() => onChange(Math.floor(Date.now() / 1000))}
      >
        {t("time.untilNow")}
      </button>
    );
  }
  return (
    <input
      class="field"
      type="datetime-local"
      step="1"
      aria-label={t("time.end")}
      title={t("time.end")}
      value={written}
      onChange={(event) => onChange(parseDateTime(event.currentTarget.value, "local"))}
    />
  );
}

function localInput(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${day(date)}T${clock(date)}`;
}
