// Makes or changes a silence; beside it, which alerts it would mute now. Who makes it is remembered in this browser.
import { useState } from "preact/hooks";
import "./form.css";
import { alerts, saveSilence } from "../../api/alertmanager.ts";
import { Button, Choice } from "../../components/Button.tsx";
import { TimeField } from "../../components/Fields.tsx";
import { ErrorNotice } from "../../components/Notice.tsx";
import { ReaderName } from "../../components/ReaderName.tsx";
import { formatDuration, roughDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { readerName } from "../../state/reader.ts";
import { useResource } from "../../state/resource.ts";
import { Preview } from "./Preview.tsx";
import { SetsInput } from "./SetsInput.tsx";
import { DURATIONS, filledSets, type FormStart, USUAL, wantedSilence } from "./wanted.ts";

interface SilenceFormProps {
  start: FormStart;
  onSaved: () => void;
}

export default function SilenceForm({ start, onSaved }: SilenceFormProps) {
  const [sets, setSets] = useState(start.sets);
  const [span, setSpan] = useState<Span>(start.endsAt ? { endsAt: start.endsAt } : { lasting: USUAL });
  const [beginning, setBeginning] = useState(start.startsAt);
  const [comment, setComment] = useState(start.comment ?? "");
  const [error, setError] = useState<unknown>(undefined);
  const { data: all = [] } = useResource("all", (signal) => alerts([], signal));
  const now = Date.now() / 1000;
  const endsLate = !("endsAt" in span) || span.endsAt > Math.max(beginning ?? now, now);
  const save = (): void => {
    const startsAt = beginning ?? Date.now() / 1000;
    const endsAt = "endsAt" in span ? span.endsAt : startsAt + span.lasting;
    const createdBy = readerName.value.trim() || start.createdBy || t("notes.nobody");
    const { id, annotations = {} } = start;
    saveSilence(wantedSilence({ id, sets, startsAt, endsAt, createdBy, comment, annotations })).then(onSaved, setError);
  };
  const filled = filledSets(sets);
  return (
    <form class="silence-form" onSubmit={(event) => event.preventDefault()}>
      <SetsInput sets={sets} onChange={setSets} known={all.map(({ labels }) => labels)} />
      <Times span={span} onSpan={setSpan} beginning={beginning} onBeginning={setBeginning} />
      <div class="form-columns">
        <ReaderName />
        <label class="labelled">
          <span class="small soft">{t("silence.comment")}</span>
          <input class="field" value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        </label>
      </div>
      <Preview sets={filled} all={all.length} />
      <div class="form-end">
        {error !== undefined && <ErrorNotice error={error} />}
        {!endsLate && <p class="small chip-refused">{t("silence.endsEarly")}</p>}
        <div class="row">
          <span class="spacer" />
          <Button kind="primary" icon="silence" disabled={filled.length === 0 || !endsLate} onClick={save}>
            {start.id ? t("silence.save") : t("silence.create", { time: lengthOf(span, beginning) })}
          </Button>
        </div>
      </div>
    </form>
  );
}

type Span = { lasting: number } | { endsAt: number };

function lengthOf(span: Span, beginning: number | undefined): string {
  if ("lasting" in span) return formatDuration(span.lasting);
  return roughDuration(Math.max(Math.round(span.endsAt - (beginning ?? Date.now() / 1000)), 0));
}

interface TimesProps {
  span: Span;
  onSpan: (span: Span) => void;
  /** undefined: now. */
  beginning: number | undefined;
  onBeginning: (time: number | undefined) => void;
}

function Times({ span, onSpan, beginning, onBeginning }: TimesProps) {
  const now = Date.now() / 1000;
  const ends = "endsAt" in span ? span.endsAt : (beginning ?? now) + span.lasting;
  return (
    <div class="silence-times">
      <div class="labelled">
        <span class="small soft">{t("silence.lasting")}</span>
        <Choice
          label={t("silence.lasting")}
          value={"lasting" in span ? String(span.lasting) : ""}
          options={DURATIONS.map((lasting) => ({ value: String(lasting), text: formatDuration(lasting) }))}
          onChange={(lasting) => onSpan({ lasting: Number(lasting) })}
        />
      </div>
      <TimeField label={t("silence.begins")} time={beginning ?? now} onTime={onBeginning} />
      <TimeField label={t("silence.ends")} time={ends} onTime={(endsAt) => onSpan({ endsAt })} />
    </div>
  );
}
