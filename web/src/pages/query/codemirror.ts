// The PromQL editor: CodeMirror with Prometheus' own language package, completing from this server. A chunk of its own.
// It lives in a shadow root: in a document CodeMirror adds <style> elements, which `default-src 'self'` forbids; in a
// shadow root it uses constructed style sheets, which are allowed.
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { Compartment, EditorState, type Extension, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { t } from "../../i18n/translate.ts";
import { completionSource } from "./completion.ts";

export interface PromqlEditor {
  text: () => string;
  insert: (text: string) => void;
  replace: (text: string) => void;
  relabel: (label: string) => void;
  focus: (at?: number) => void;
  destroy: () => void;
}

interface EditorOptions {
  text: string;
  label: string;
  onRun: () => void;
  onFocus: () => void;
}

export function createEditor(parent: HTMLElement, { text, label, onRun, onFocus }: EditorOptions): PromqlEditor {
  const labelled = new Compartment();
  const labelling = (name: string): Extension => [
    EditorView.contentAttributes.of({ "aria-label": name }),
    placeholder(t("query.placeholder")),
  ];
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  parent.append(host);
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [labelled.of(labelling(label)), ...extensions(onRun, onFocus)],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    insert: (added) => {
      view.dispatch(view.state.replaceSelection(added));
      view.focus();
    },
    replace: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    relabel: (name) => view.dispatch({ effects: labelled.reconfigure(labelling(name)) }),
    focus: (at) => {
      view.focus();
      if (at !== undefined) view.dispatch({ selection: { anchor: Math.min(at, view.state.doc.length) } });
    },
    destroy: () => {
      view.destroy();
      host.remove();
    },
  };
}

function extensions(onRun: () => void, onFocus: () => void): Extension[] {
  const run = (): boolean => {
    onRun();
    return true;
  };
  const promql = new PromQLExtension().setComplete({ remote: completionSource, maxMetricsMetadata: 10_000 });
  return [
    history(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    autocompletion({ icons: true, closeOnBlur: true }),
    EditorView.lineWrapping,
    syntaxHighlighting(colours),
    promql.asExtension(),
    // Enter first accepts a completion (its own keymap is of higher precedence), else runs.
    Prec.high(
      keymap.of([
        { key: "Mod-Enter", run },
        { key: "Tab", run: acceptCompletion },
      ]),
    ),
    keymap.of([{ key: "Enter", run, shift: insertNewlineAndIndent }]),
    keymap.of([...closeBracketsKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, ...defaultKeymap]),
    EditorView.domEventHandlers({ focus: onFocus }),
    look,
  ];
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)" },
  { tag: [tags.function(tags.variableName), tags.standard(tags.variableName)], color: "var(--code-function)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.special(tags.number)], color: "var(--code-number)" },
  { tag: tags.labelName, color: "var(--code-label)" },
  { tag: [tags.operator, tags.modifier], color: "var(--code-keyword)" },
  { tag: tags.comment, color: "var(--text-faint)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const look = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.8125rem", lineHeight: "20px" },
  ".cm-content": { padding: "6px 0", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 10px" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-placeholder": { color: "var(--text-soft)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "color-mix(in srgb, var(--accent) 26%, transparent)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    boxShadow: "var(--shadow-high)",
    color: "var(--text)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mono)",
    fontSize: "0.8125rem",
    maxHeight: "300px",
    maxWidth: "min(560px, calc(100vw - 32px))",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--text-faint)", fontStyle: "normal" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "650", color: "var(--accent)" },
  ".cm-completionInfo": { maxWidth: "320px", padding: "8px 10px", fontFamily: "var(--sans)" },
  // The package draws its waves as data: images, which the policy of the page forbids.
  ".cm-lintRange-error, .cm-lintRange-warning, .cm-lintRange-info": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-warning, .cm-lintRange-info": { textDecorationColor: "var(--bar-warn)" },
  ".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--mono)", fontSize: "0.75rem" },
});
