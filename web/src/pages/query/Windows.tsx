// The windows beside the explorer: expressions asked before, and what the keys do.
import { useState } from "preact/hooks";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Search } from "../../components/Fields.tsx";
import { Empty } from "../../components/Notice.tsx";
import { type Key, t } from "../../i18n/translate.ts";
import { forgetQueries, queryHistory } from "../../state/history.ts";

interface HistoryProps {
  onChoose: (expression: string) => void;
  onClose: () => void;
}

export function HistoryWindow({ onChoose, onClose }: HistoryProps) {
  const [words, setWords] = useState("");
  const found = queryHistory.value.filter((entry) => entry.toLowerCase().includes(words.toLowerCase()));
  return (
    <Dialog title={t("history.title")} onClose={onClose} wide>
      <Search label={t("history.search")} value={words} onInput={setWords} autoFocus />
      {found.length === 0 && <Empty title={t("history.none")} />}
      <ul class="history">
        {found.map((entry) => (
          <li key={entry}>
            <button type="button" onClick={() => onChoose(entry)}>
              <code>{entry}</code>
            </button>
          </li>
        ))}
      </ul>
      {queryHistory.value.length > 0 && (
        <div class="row">
          <span class="small faint">{t("history.local")}</span>
          <span class="spacer" />
          <Button icon="trash" kind="quiet" onClick={forgetQueries}>
            {t("history.forget")}
          </Button>
        </div>
      )}
    </Dialog>
  );
}

const KEYS: readonly { keys: readonly string[]; does: Key }[] = [
  { keys: ["Enter", "Ctrl Enter"], does: "help.run" },
  { keys: ["Shift Enter"], does: "help.newline" },
  { keys: ["Ctrl Space"], does: "help.complete" },
  { keys: ["/"], does: "help.focus" },
  { keys: ["m"], does: "help.explorer" },
  { keys: ["h"], does: "help.history" },
  { keys: ["?"], does: "help.help" },
];

const GESTURES: readonly { gesture: Key; does: Key }[] = [
  { gesture: "help.drag", does: "help.zoom" },
  { gesture: "help.legend", does: "help.toggle" },
  { gesture: "help.legendShift", does: "help.only" },
];

export function HelpWindow({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("help.title")} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(does)}</dd>
          </div>
        ))}
        {GESTURES.map(({ gesture, does }) => (
          <div key={does}>
            <dt>{t(gesture)}</dt>
            <dd>{t(does)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
