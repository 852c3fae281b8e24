// Small inputs with a name that a screen reader hears.
import { localDateTime, parseDateTime } from "../format/time.ts";
import { Icon } from "./Icon.tsx";

interface SelectProps {
  label: string;
  value: string;
  options: readonly { value: string; text: string }[];
  onChange: (value: string) => void;
}

export function Select({ label, value, options, onChange }: SelectProps) {
  return (
    <select
      class="field"
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.text}
        </option>
      ))}
    </select>
  );
}

interface SearchProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  autoFocus?: boolean;
}

export function Search({ label, value, onInput, autoFocus = false }: SearchProps) {
  return (
    <label class="search">
      <Icon name="search" />
      <input
        class="field"
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        autofocus={autoFocus}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

interface TimeFieldProps {
  label: string;
  /** Unix seconds. */
  time: number;
  onTime: (time: number) => void;
}

/** A moment in the reader's zone, to the minute. */
export function TimeField({ label, time, onTime }: TimeFieldProps) {
  return (
    <label class="labelled">
      <span class="small soft">{label}</span>
      <input
        class="field"
        type="datetime-local"
        value={localDateTime(time)}
        onChange={(event) => {
          const chosen = parseDateTime(event.currentTarget.value, "local");
          if (chosen !== null) onTime(chosen);
        }}
      />
    </label>
  );
}
