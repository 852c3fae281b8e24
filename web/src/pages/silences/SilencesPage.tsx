// Silences by state: what they mute now, when they end, and the form that makes and changes them.
import { useState } from "preact/hooks";
import "./silences.css";
import { alerts, type Silence, silences } from "../../api/alertmanager.ts";
import { Button, Choice } from "../../components/Button.tsx";
import { Deferred } from "../../components/Deferred.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Search } from "../../components/Fields.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { readList } from "../../matchers/matchers.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { chosen, location, recordSome } from "../../state/router.ts";
import { SilenceCard } from "./SilenceCard.tsx";
import { type FormStart, HOUR, seconds, setsOf, startFrom } from "./wanted.ts";

const REFRESH_SECONDS = 15;
const CARDS_SHOWN = 100;
const STATES = ["active", "pending", "expired"] as const;
type State = (typeof STATES)[number];

export default function SilencesPage() {
  const [changes, setChanges] = useState(0);
  const tick = useTick(REFRESH_SECONDS);
  const { data, error } = useResource(`${tick} ${changes}`, silences);
  const { data: firing = [] } = useResource(`${tick} ${changes}`, (signal) => alerts([], signal));
  const { parameters } = location.value;
  const state = chosen("state", STATES, "active");
  const words = parameters.get("q") ?? "";
  const matching = data?.filter((silence) => matches(silence, words));
  const found = matching?.filter(({ status }) => status.state === state);
  const changed = (): void => setChanges(changes + 1);
  const ending = data?.filter(endsSoon).length ?? 0;
  return (
    <div class="page stack">
      <Head matching={matching} state={state} words={words} />
      {error !== undefined && <ErrorNotice error={error} />}
      {ending > 0 && (
        <div class="notice warn" role="status">
          {t("silences.endSoon", { count: ending })}
        </div>
      )}
      {!data && error === undefined && <Skeleton height={320} />}
      {found?.length === 0 && error === undefined && <NoSilence state={state} isNarrowed={words !== ""} />}
      {found?.slice(0, CARDS_SHOWN).map((silence) => (
        <SilenceCard
          key={silence.id}
          silence={silence}
          muted={firing.filter(({ status }) => status.silencedBy.includes(silence.id)).length}
          onChanged={changed}
        />
      ))}
      {found && found.length > CARDS_SHOWN && (
        <p class="soft">{t("chart.more", { count: found.length - CARDS_SHOWN })}</p>
      )}
      <Form all={data} onSaved={changed} />
    </div>
  );
}

interface HeadProps {
  /** What the search leaves. */
  matching: readonly Silence[] | undefined;
  state: State;
  words: string;
}

function Head({ matching, state, words }: HeadProps) {
  const count = (wanted: State): number => matching?.filter(({ status }) => status.state === wanted).length ?? 0;
  return (
    <header class="page-head">
      <h1>{t("nav.silences")}</h1>
      {matching && (
        <Choice<State>
          label={t("silences.state")}
          value={state}
          options={STATES.map((value) => ({ value, text: `${t(`silenceState.${value}`)} ${count(value)}` }))}
          onChange={(value) => recordSome({ state: value === "active" ? "" : value })}
        />
      )}
      <span class="spacer" />
      <div class="row">
        <Search label={t("silences.search")} value={words} onInput={(q) => recordSome({ q })} />
        <Button kind="primary" icon="plus" onClick={() => recordSome({ form: "new" })}>
          {t("silences.new")}
        </Button>
      </div>
    </header>
  );
}

/** `?form=new&filter={...}` makes one, `?form=ID` changes that one or makes it again. */
function Form({ all, onSaved }: { all: readonly Silence[] | undefined; onSaved: () => void }) {
  const { parameters } = location.value;
  const wanted = parameters.get("form");
  if (!wanted || !all) return null;
  const silence = all.find(({ id }) => id === wanted);
  const start: FormStart = silence ? startFrom(silence) : { sets: [readList(parameters.get("filter") ?? "")] };
  const close = (): void => recordSome({ form: "", filter: "" });
  return (
    <Dialog title={t(start.id ? "silences.edit" : "silences.new")} onClose={close} wide>
      <Deferred
        load={() => import("./SilenceForm.tsx")}
        shown={{
          start,
          onSaved: () => {
            close();
            onSaved();
          },
        }}
        height={320}
      />
    </Dialog>
  );
}

function NoSilence({ state, isNarrowed }: { state: State; isNarrowed: boolean }) {
  if (isNarrowed) return <Empty title={t("silences.noneMatches")} />;
  return (
    <div class="card">
      <Empty title={t(`silences.none.${state}`)}>{state === "active" && t("silences.noneHint")}</Empty>
    </div>
  );
}

const endsSoon = ({ status, endsAt }: Silence): boolean =>
  status.state === "active" && seconds(endsAt) - Date.now() / 1000 < HOUR;

function matches(silence: Silence, words: string): boolean {
  const { id, createdBy, comment } = silence;
  const text = [...setsOf(silence).flat(), createdBy, comment, id].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
