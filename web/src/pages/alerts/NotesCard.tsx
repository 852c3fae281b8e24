// What people say of an alert: that they know it, who works on it, what they found.
import { useState } from "preact/hooks";
import { acknowledge, assign, comment, type Notes, takeBackAcknowledgement } from "../../api/alert_notes.ts";
import { Button } from "../../components/Button.tsx";
import { ErrorNotice } from "../../components/Notice.tsx";
import { ReaderName } from "../../components/ReaderName.tsx";
import { dateTime } from "../../format/time.ts";
import { t } from "../../i18n/translate.ts";
import { readerName } from "../../state/reader.ts";
import { AcknowledgeForm } from "./AcknowledgeForm.tsx";

interface NotesCardProps {
  fingerprint: string;
  notes: Notes;
  onChanged: () => void;
}

export function NotesCard({ fingerprint, notes, onChanged }: NotesCardProps) {
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const by = readerName.value.trim();
  const change = (work: Promise<Notes>): void => {
    work.then(() => {
      setText("");
      setError(undefined);
      onChanged();
    }, setError);
  };
  return (
    <section class="card alert-card">
      <h2>{t("notes.title")}</h2>
      <Acknowledgement
        notes={notes}
        onAcknowledge={(seconds) => change(acknowledge(fingerprint, by, text.trim(), seconds))}
        onTakeBack={() => change(takeBackAcknowledgement(fingerprint, by))}
      />
      <Assignee key={notes.assignee} notes={notes} onAssign={(name) => change(assign(fingerprint, by, name))} />
      <Comments notes={notes} />
      <textarea
        class="field note-text"
        aria-label={t("notes.comment")}
        placeholder={t("notes.commentHint")}
        rows={2}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <div class="row note-end">
        <ReaderName />
        <span class="spacer" />
        <Button disabled={text.trim() === ""} onClick={() => change(comment(fingerprint, by, text.trim()))}>
          {t("notes.comment")}
        </Button>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </section>
  );
}

interface AcknowledgementProps {
  notes: Notes;
  onAcknowledge: (seconds: number) => void;
  onTakeBack: () => void;
}

function Acknowledgement({ notes: { acknowledged }, onAcknowledge, onTakeBack }: AcknowledgementProps) {
  if (!acknowledged) return <AcknowledgeForm onAcknowledge={onAcknowledge} />;
  const { by, at, until, comment: said } = acknowledged;
  return (
    <div class="row">
      <span class="badge info">{t("notes.acknowledgedBy", { by: by || t("notes.nobody") })}</span>
      <span class="small soft number">
        {`${dateTime(at)} · ${until === null ? t("notes.untilResolved") : t("notes.until", { time: dateTime(until) })}`}
      </span>
      <span class="spacer" />
      <Button kind="quiet" onClick={onTakeBack}>
        {t("notes.takeBack")}
      </Button>
      {said && <p class="note-said">{said}</p>}
    </div>
  );
}

function Assignee({ notes: { assignee }, onAssign }: { notes: Notes; onAssign: (name: string) => void }) {
  const [name, setName] = useState(assignee);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        onAssign(name.trim());
      }}
    >
      <label class="row assignee">
        <span class="small soft">{t("notes.assignee")}</span>
        <input
          class="field"
          value={name}
          placeholder={t("notes.nobodyYet")}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <Button disabled={name.trim() === assignee} onClick={() => onAssign(name.trim())}>
        {t("notes.assign")}
      </Button>
    </form>
  );
}

function Comments({ notes: { comments } }: { notes: Notes }) {
  return (
    <ul class="comments">
      {comments.map(({ by, at, text }) => (
        <li key={`${at} ${by}`}>
          <span class="small faint number">{`${by || t("notes.nobody")} · ${dateTime(at)}`}</span>
          <p class="note-said">{text}</p>
        </li>
      ))}
    </ul>
  );
}
