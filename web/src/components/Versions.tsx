// What became of something that people change: who did what when, and what each change was, in a dialog.
import { useMemo, useState } from "preact/hooks";
import "./versions.css";
import { diffLines, foldSame } from "../format/line_diff.ts";
import { dateTime } from "../format/time.ts";
import { t } from "../i18n/translate.ts";
import { useResource } from "../state/resource.ts";
import { Choice } from "./Button.tsx";
import { Copy } from "./Copy.tsx";
import { Dialog } from "./Dialog.tsx";
import { Empty, ErrorNotice, Skeleton } from "./Notice.tsx";

export interface Version {
  number: number;
  /** Unix seconds. */
  time: number;
  /** Empty where nobody logs in. */
  user: string;
  /** Empty: it was deleted. */
  text: string;
}

interface VersionsProps {
  name: string;
  /** Oldest first. */
  load: (signal: AbortSignal) => Promise<Version[]>;
  onClose: () => void;
}

export function Versions({ name, load, onClose }: VersionsProps) {
  const { data, error } = useResource(name, load);
  const [chosen, setChosen] = useState<number | null>(null);
  const found = data?.findIndex(({ number }) => number === chosen) ?? -1;
  const at = found >= 0 ? found : (data?.length ?? 0) - 1;
  return (
    <Dialog title={t("versions.title", { name })} onClose={onClose} wide>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={320} />}
      {data?.length === 0 && <Empty title={t("versions.none")} />}
      {data && data.length > 0 && (
        <div class="versions">
          <VersionList versions={data} at={at} onChoose={setChosen} />
          <VersionText key={at} text={data[at]!.text} before={data[at - 1]?.text ?? ""} />
        </div>
      )}
    </Dialog>
  );
}

interface VersionListProps {
  versions: readonly Version[];
  at: number;
  onChoose: (number: number) => void;
}

function VersionList({ versions, at, onChoose }: VersionListProps) {
  return (
    <ol class="version-list" aria-label={t("versions.list")}>
      {versions
        .map(({ number, time, user, text }, place) => {
          const kind = kindOf(text, versions[place - 1]?.text ?? "");
          return (
            <li key={number}>
              <button type="button" aria-pressed={place === at} onClick={() => onChoose(number)}>
                <span class="row">
                  <span class={`badge ${TONES[kind]}`}>{t(`versions.${kind}`)}</span>
                  <span class="version-user">{user || t("notes.nobody")}</span>
                </span>
                <span class="small soft number">{dateTime(time)}</span>
              </button>
            </li>
          );
        })
        .reverse()}
    </ol>
  );
}

const TONES = { created: "good", changed: "info", deleted: "bad" } as const;

function kindOf(text: string, before: string): keyof typeof TONES {
  if (text === "") return "deleted";
  return before === "" ? "created" : "changed";
}

function VersionText({ text, before }: { text: string; before: string }) {
  const [shown, setShown] = useState<"changes" | "text">("changes");
  return (
    <div class="version-text">
      <div class="row">
        <Choice
          label={t("versions.as")}
          value={shown}
          options={[
            { value: "changes", text: t("versions.changes") },
            ...(text ? [{ value: "text" as const, text: t("versions.text") }] : []),
          ]}
          onChange={setShown}
        />
        <span class="spacer" />
        <Copy text={() => text || before} label={t("copy")} />
      </div>
      {shown === "text" ? (
        <pre class="diff" tabIndex={0} role="group" aria-label={t("versions.text")}>
          {text}
        </pre>
      ) : (
        <Changes text={text} before={before} />
      )}
    </div>
  );
}

const SIGNS = { same: " ", added: "+", removed: "−" } as const;

function Changes({ text, before }: { text: string; before: string }) {
  const lines = useMemo(() => foldSame(diffLines(before, text)), [text, before]);
  if (lines.every(({ kind }) => kind === "folded" || kind === "same")) return <p class="soft">{t("versions.same")}</p>;
  return (
    <pre class="diff" tabIndex={0} role="group" aria-label={t("versions.changes")}>
      {lines.map((line, index) =>
        line.kind === "folded" ? (
          <div key={index} class="diff-folded">
            ⋯ {t("versions.folded", { count: line.count })}
          </div>
        ) : (
          <div key={index} class={`diff-${line.kind}`}>
            {`${SIGNS[line.kind]} ${line.text}\n`}
          </div>
        ),
      )}
    </pre>
  );
}
