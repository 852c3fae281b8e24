// An input whose entries become chips, with a list of what could be meant. A combobox by the ARIA pattern: the focus stays in
// the input, the arrows move through the list, Enter takes, Escape closes, Backspace in the empty input removes the last chip.
import { useId, useState } from "preact/hooks";
import "./chips.css";
import { t } from "../i18n/translate.ts";
import type { Suggestion } from "../matchers/suggesting.ts";
import { Icon } from "./Icon.tsx";

interface ChipInputProps {
  label: string;
  placeholder: string;
  chips: readonly string[];
  onChange: (chips: string[]) => void;
  suggest: (draft: string) => Suggestion[];
  /** The entry as it shall stand; null: it is none. */
  accept: (draft: string) => string | null;
  /** Said of an entry that is none. */
  refused: string;
}

export function ChipInput(props: ChipInputProps) {
  const { label, placeholder, chips, onChange } = props;
  const id = useId();
  const entry = useEntry(props);
  const { draft, options, at, open, wrong } = entry;
  return (
    <div class="chip-input-frame">
      <div class={wrong ? "chip-input wrong" : "chip-input"}>
        {chips.map((chip) => (
          <Chip key={chip} text={chip} onRemove={() => onChange(chips.filter((other) => other !== chip))} />
        ))}
        <input
          role="combobox"
          aria-label={label}
          aria-expanded={open}
          aria-autocomplete="list"
          aria-controls={`${id}-list`}
          aria-activedescendant={open && at >= 0 ? `${id}-${at}` : undefined}
          aria-invalid={wrong}
          autocomplete="off"
          spellcheck={false}
          placeholder={chips.length === 0 ? placeholder : ""}
          value={draft}
          onInput={(event) => entry.write(event.currentTarget.value)}
          onFocus={entry.come}
          onClick={entry.come}
          onBlur={entry.leave}
          onKeyDown={entry.press}
        />
      </div>
      <Options id={id} label={label} options={options} at={at} onChoose={entry.choose} />
      {wrong && (
        <p class="small chip-refused" role="alert">
          {props.refused}
        </p>
      )}
    </div>
  );
}

interface OptionsProps {
  id: string;
  label: string;
  options: readonly Suggestion[];
  at: number;
  onChoose: (option: Suggestion) => void;
}

function Options({ id, label, options, at, onChoose }: OptionsProps) {
  return (
    <ul id={`${id}-list`} role="listbox" aria-label={label} class="chip-options" hidden={options.length === 0}>
      {options.map((option, index) => (
        <li
          key={option.text}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          onMouseDown={(event) => {
            event.preventDefault(); // the focus stays in the input
            onChoose(option);
          }}
        >
          <span class="mono">{option.text}</span>
          <span class="faint number">{option.count}</span>
        </li>
      ))}
    </ul>
  );
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <span class="chip entered">
      <span>{text}</span>
      <button type="button" aria-label={t("chips.remove", { text })} onClick={onRemove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

function useEntry({ chips, onChange, suggest, accept }: ChipInputProps) {
  const [draft, setDraft] = useState("");
  const [focused, setFocused] = useState(false);
  const [closed, setClosed] = useState(false);
  const [wrong, setWrong] = useState(false);
  const [at, setAt] = useState(-1);
  const options =
    focused && !closed ? suggest(draft).filter(({ text }) => text !== draft && !chips.includes(text)) : [];

  const write = (text: string): void => {
    setDraft(text);
    setClosed(false);
    setWrong(false);
    setAt(-1);
  };
  const enter = (text: string): void => {
    const chip = accept(text);
    if (chip === null) return setWrong(text.trim() !== "");
    write("");
    setClosed(true); // what follows from the entry stands below, where the list would hide it
    if (!chips.includes(chip)) onChange([...chips, chip]);
  };
  const choose = (option: Suggestion): void => (option.whole ? enter(option.text) : write(option.text));
  const come = (): void => {
    setFocused(true);
    setClosed(false);
  };
  const leave = (): void => {
    setFocused(false);
    enter(draft);
  };
  const move = (by: number): void => {
    setClosed(false);
    if (options.length > 0) setAt((at + by + options.length + (at < 0 && by < 0 ? 1 : 0)) % options.length);
  };
  const take = (): void => (options[at] ? choose(options[at]) : enter(draft));
  const removeLast = (): boolean => {
    if (draft !== "" || chips.length === 0) return false;
    onChange(chips.slice(0, -1));
    return true;
  };
  const close = (): boolean => {
    setClosed(true);
    return options.length > 0; // else it closes the window that this may stand in
  };
  const press = keyHandler({ move, take, close, removeLast });
  return { draft, options, at, open: options.length > 0, wrong, write, come, leave, press, choose };
}

interface Keys {
  move: (by: number) => void;
  take: () => void;
  /** Whether there was something to close, or to remove. */
  close: () => boolean;
  removeLast: () => boolean;
}

function keyHandler({ move, take, close, removeLast }: Keys): (event: KeyboardEvent) => void {
  const done = (_: void): boolean => true;
  const keys: Record<string, () => boolean> = {
    ArrowDown: () => done(move(1)),
    ArrowUp: () => done(move(-1)),
    Enter: () => done(take()),
    Escape: close,
    Backspace: removeLast,
  };
  return (event) => {
    if (!keys[event.key]?.()) return;
    event.preventDefault();
    event.stopPropagation();
  };
}
