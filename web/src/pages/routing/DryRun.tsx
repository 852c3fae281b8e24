// What another alertmanager.yml would have sent of the alerts of the past, beside what the one in force would have.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import "./dry_run.css";
import { runningConfig } from "../../api/alertmanager.ts";
import { dryRun, placedError } from "../../api/dry_run.ts";
import { ApiError } from "../../api/envelope.ts";
import { Button, Choice } from "../../components/Button.tsx";
import { Empty, ErrorNotice } from "../../components/Notice.tsx";
import { roughDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { useTick } from "../../state/resource.ts";
import { chosen, recordSome } from "../../state/router.ts";
import { useTask } from "../../state/task.ts";
import { ConfigEditor } from "./ConfigEditor.tsx";
import { DryRunResult } from "./DryRunResult.tsx";
import { FileButton } from "./FileButton.tsx";

const WINDOWS = ["1h", "24h", "7d", "30d"] as const;

/** Stays while the tab is open; in no address and in no storage, because it may hold secrets. */
const written = signal("");

export default function DryRun() {
  const since = chosen("window", WINDOWS, "7d");
  const config = written.value;
  const task = useTask(async (signal) => ({ config, since, run: await dryRun(config, since, signal) }));
  const [fileError, setFileError] = useState<unknown>(undefined);
  const write = (text: string): void => {
    written.value = text;
    setFileError(undefined);
  };
  const { done } = task;
  const isOld = done !== undefined && (done.config !== config || done.since !== since);
  return (
    <>
      <p class="soft">{t("dryRun.hint")}</p>
      <div class="dry-run">
        <section class="card dry-run-card" aria-label={t("dryRun.config")}>
          <div class="row">
            <h2>alertmanager.yml</h2>
            <span class="spacer" />
            <FileButton label={t("dryRun.open")} onText={write} onError={setFileError} />
            <Button icon="duplicate" onClick={() => void runningConfig().then(write, setFileError)}>
              {t("dryRun.running")}
            </Button>
          </div>
          <ConfigEditor text={config} onText={write} onError={setFileError} badLine={badLine(task.error)} />
          <Refusal error={fileError ?? task.error} />
          <div class="row">
            <Choice
              label={t("dryRun.window")}
              value={since}
              options={WINDOWS.map((value) => ({ value, text: value }))}
              onChange={(value) => recordSome({ window: value })}
            />
            <span class="spacer" />
            {task.startedAt !== null && <Progress startedAt={task.startedAt} />}
            {task.startedAt === null ? (
              <Button kind="primary" icon="play" disabled={config.trim() === ""} onClick={task.start}>
                {t("dryRun.run")}
              </Button>
            ) : (
              <Button icon="close" onClick={task.stop}>
                {t("dryRun.stop")}
              </Button>
            )}
          </div>
        </section>
        {done ? (
          <DryRunResult run={done.run} isOld={isOld} />
        ) : (
          <section class="card">
            <Empty title={t("dryRun.nothingYet")} />
          </section>
        )}
      </div>
    </>
  );
}

const badLine = (error: unknown): number => (error instanceof ApiError ? placedError(error.message).line : 0);

/** The server's words about the configuration; its line is marked in the editor. */
function Refusal({ error }: { error: unknown }) {
  if (error === undefined) return null;
  const line = badLine(error);
  if (line === 0) return <ErrorNotice error={error} />;
  const { message, hint } = error as ApiError;
  return (
    <div class="notice bad" role="alert">
      <strong>{t("dryRun.line", { line })}</strong>
      <code>{[placedError(message).text, hint].filter(Boolean).join("\n")}</code>
    </div>
  );
}

function Progress({ startedAt }: { startedAt: number }) {
  useTick(1);
  return (
    <span class="dry-run-progress small soft number" role="status">
      <i />
      {t("dryRun.runs", { time: roughDuration(Math.round((Date.now() - startedAt) / 1000)) })}
    </span>
  );
}
