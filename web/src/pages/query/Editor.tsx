// Where an expression is written. A plain field at once; the PromQL editor takes its place when it has loaded.
import { useEffect, useImperativeHandle, useRef } from "preact/hooks";
import type { Ref } from "preact";
import type { PromqlEditor } from "./codemirror.ts";

export interface EditorHandle {
  text: () => string;
  insert: (text: string) => void;
  replace: (text: string) => void;
  focus: () => void;
}

interface EditorProps {
  handle: Ref<EditorHandle>;
  value: string;
  label: string;
  onRun: () => void;
  onFocus: () => void;
}

export function Editor({ handle, value, label, onRun, onFocus }: EditorProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const rich = useRef<PromqlEditor | null>(null);
  const latest = useRef({ onRun, onFocus });
  latest.current = { onRun, onFocus };

  useEffect(() => {
    let gone = false;
    void import("./codemirror.ts").then(({ createEditor }) => {
      if (gone || !frame.current || !plain.current) return;
      const { value: text, selectionStart } = plain.current;
      const hadFocus = document.activeElement === plain.current;
      plain.current.hidden = true;
      rich.current = createEditor(frame.current, { text, label, onRun: () => latest.current.onRun(), onFocus: () => latest.current.onFocus() });
      if (hadFocus) rich.current.focus(selectionStart);
    });
    return () => {
      gone = true;
      rich.current?.destroy();
      rich.current = null;
    };
  }, []);

  const text = (): string => rich.current?.text() ?? plain.current?.value ?? "";
  const replace = (next: string): void => {
    rich.current?.replace(next);
    if (plain.current) plain.current.value = next;
  };
  useEffect(() => {
    if (text() !== value) replace(value);
  }, [value]);
  useEffect(() => rich.current?.relabel(label), [label]);
  useImperativeHandle(handle, () => ({
    text,
    replace,
    insert: (added) => (rich.current ? rich.current.insert(added) : replace(text() + added)),
    focus: () => (rich.current ? rich.current.focus() : plain.current?.focus()),
  }), []);

  return (
    <div class="editor" ref={frame}>
      <textarea
        ref={plain}
        class="editor-plain"
        rows={1}
        aria-label={label}
        spellcheck={false}
        autocapitalize="off"
        defaultValue={value}
        onFocus={() => latest.current.onFocus()}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey) return;
          event.preventDefault();
          latest.current.onRun();
        }}
      />
    </div>
  );
}
