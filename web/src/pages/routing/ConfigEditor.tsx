// A field for a configuration: lines are numbered, one of them may be marked, a file can be dropped on it.
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/translate.ts";
import { readText } from "./FileButton.tsx";

/** Of dry_run.css. */
const LINE_PX = 20;
const LINES_ABOVE = 4;

interface ConfigEditorProps {
  text: string;
  onText: (text: string) => void;
  onError: (error: unknown) => void;
  /** 0: none. */
  badLine: number;
}

export function ConfigEditor({ text, onText, onError, badLine }: ConfigEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const behind = useRef<HTMLDivElement>(null);
  const count = text.split("\n").length;
  const follow = (): void => {
    behind.current!.style.transform = `translateY(${-area.current!.scrollTop}px)`;
  };
  useEffect(() => {
    if (badLine > 0) area.current!.scrollTop = (badLine - 1 - LINES_ABOVE) * LINE_PX;
  }, [badLine]);
  return (
    <div class="config-editor" style={{ "--count": count, "--digits": String(count).length }}>
      <div class="config-behind" ref={behind} aria-hidden="true">
        {badLine > 0 && <i class="config-bad-line" style={{ top: `${(badLine - 1) * LINE_PX}px` }} />}
        <pre class="config-numbers">{Array.from({ length: count }, (_, index) => index + 1).join("\n")}</pre>
      </div>
      <textarea
        ref={area}
        aria-label={t("dryRun.config")}
        aria-invalid={badLine > 0}
        placeholder={t("dryRun.placeholder")}
        spellcheck={false}
        autocomplete="off"
        wrap="off"
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onScroll={follow}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          const file = event.dataTransfer?.files[0];
          if (!file) return;
          event.preventDefault();
          readText(file).then(onText, onError);
        }}
      />
    </div>
  );
}
