// Declares or changes an objective; the rules that it would make can be read before it is saved.
import { useState } from "preact/hooks";
import "../silences/form.css";
import { checkSlo, saveSlo, type SloDefinition } from "../../api/slos.ts";
import { Button, Choice } from "../../components/Button.tsx";
import { ChipInput } from "../../components/ChipInput.tsx";
import { ErrorNotice } from "../../components/Notice.tsx";
import { type Key, t } from "../../i18n/translate.ts";
import { type Draft, draftOf, definitionOf, NEW_DRAFT } from "./reading.ts";

interface SloFormProps {
  before?: SloDefinition;
  onSaved: () => void;
}

export default function SloForm({ before, onSaved }: SloFormProps) {
  const [draft, setDraft] = useState<Draft>(before ? draftOf(before) : NEW_DRAFT);
  const [rules, setRules] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const change = (changes: Partial<Draft>): void => setDraft({ ...draft, ...changes });
  const wanted = definitionOf(draft, before);
  const show = (): void => {
    checkSlo(wanted).then((text) => {
      setRules(text);
      setError(undefined);
    }, setError);
  };
  return (
    <form class="slo-form" onSubmit={(event) => event.preventDefault()}>
      <Basics draft={draft} change={change} isNew={before === undefined} />
      <Indicator draft={draft} change={change} />
      <div class="labelled">
        <span class="small soft">{t("slos.groupBy")}</span>
        <ChipInput
          label={t("slos.groupBy")}
          placeholder={t("slos.groupByHint")}
          chips={draft.groupBy}
          onChange={(groupBy) => change({ groupBy })}
          suggest={() => []}
          accept={(text) => text.trim() || null}
          refused=""
        />
      </div>
      {rules && (
        <pre class="slo-rules" tabIndex={0} role="group" aria-label={t("slos.rules")}>
          {rules}
        </pre>
      )}
      <div class="form-end">
        {error !== undefined && <ErrorNotice error={error} />}
        <div class="row">
          <span class="spacer" />
          <Button onClick={show}>{t("slos.showRules")}</Button>
          <Button
            kind="primary"
            disabled={draft.name.trim() === ""}
            onClick={() => void saveSlo(wanted).then(onSaved, setError)}
          >
            {t("silence.save")}
          </Button>
        </div>
      </div>
    </form>
  );
}

interface PartProps {
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
}

function Basics({ draft, change, isNew }: PartProps & { isNew: boolean }) {
  return (
    <>
      <div class="form-columns">
        <Text name="slos.name" value={draft.name} onInput={(name) => change({ name })} disabled={!isNew} />
        <Text name="slos.objectiveField" value={draft.objective} onInput={(objective) => change({ objective })} />
        <Text name="slos.window" value={draft.window} onInput={(window) => change({ window })} />
      </div>
      <Text name="slos.description" value={draft.description} onInput={(description) => change({ description })} />
    </>
  );
}

function Indicator({ draft, change }: PartProps) {
  return (
    <>
      <Choice
        label={t("slos.indicator")}
        value={draft.kind}
        options={(["bad", "good", "latency"] as const).map((value) => ({ value, text: t(`slos.kind.${value}`) }))}
        onChange={(kind) => change({ kind })}
      />
      {draft.kind === "latency" ? (
        <div class="form-columns">
          <Text name="slos.histogram" value={draft.histogram} onInput={(histogram) => change({ histogram })} mono />
          <Text name="slos.threshold" value={draft.threshold} onInput={(threshold) => change({ threshold })} />
        </div>
      ) : (
        <>
          <Text name="slos.total" value={draft.total} onInput={(total) => change({ total })} mono />
          <Text
            name={draft.kind === "good" ? "slos.events.good" : "slos.events.bad"}
            value={draft.events}
            onInput={(events) => change({ events })}
            mono
          />
        </>
      )}
    </>
  );
}

interface TextProps {
  name: Key;
  value: string;
  onInput: (text: string) => void;
  mono?: boolean;
  disabled?: boolean;
}

function Text({ name, value, onInput, mono = false, disabled = false }: TextProps) {
  return (
    <label class="labelled">
      <span class="small soft">{t(name)}</span>
      <input
        class={mono ? "field mono" : "field"}
        value={value}
        disabled={disabled}
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
