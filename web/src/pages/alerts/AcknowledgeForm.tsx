// "I have it": the alert is not repeated until it resolves, or until a time that the reader chooses.
import { useState } from "preact/hooks";
import { Button } from "../../components/Button.tsx";
import { Select, TimeField } from "../../components/Fields.tsx";
import { formatDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";

const HOUR = 3600;
const SPANS = [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR];
const UNTIL_RESOLVED = "0";
const AT_A_TIME = "at";

/** `seconds` 0: until the alert resolves. */
export function AcknowledgeForm({ onAcknowledge }: { onAcknowledge: (seconds: number) => void }) {
  const [choice, setChoice] = useState(UNTIL_RESOLVED);
  const [endsAt, setEndsAt] = useState(0);
  const choose = (chosen: string): void => {
    setEndsAt(Math.ceil(Date.now() / 1000) + (Number(chosen) || HOUR));
    setChoice(chosen);
  };
  const left = endsAt - Date.now() / 1000;
  const isOver = choice === AT_A_TIME && left <= 0;
  return (
    <>
      <div class="row acknowledge">
        <Button
          kind="primary"
          icon="check"
          disabled={isOver}
          onClick={() => onAcknowledge(choice === AT_A_TIME ? left : Number(choice))}
        >
          {t("notes.acknowledge")}
        </Button>
        <Select
          label={t("notes.end")}
          value={choice}
          options={[
            { value: UNTIL_RESOLVED, text: t("notes.untilResolved") },
            ...SPANS.map((span) => ({ value: String(span), text: t("notes.for", { time: formatDuration(span) }) })),
            { value: AT_A_TIME, text: t("notes.untilTime") },
          ]}
          onChange={choose}
        />
        {choice === AT_A_TIME && <TimeField label={t("silence.ends")} time={endsAt} onTime={setEndsAt} />}
      </div>
      <p class={isOver ? "small chip-refused" : "small soft"}>{t(isOver ? "notes.past" : "notes.acknowledgeHint")}</p>
    </>
  );
}
