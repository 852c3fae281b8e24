// Things to press: buttons with words, buttons with a picture, one choice out of few.
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

interface ButtonProps {
  onClick: () => void;
  children: ComponentChildren;
  icon?: IconName;
  kind?: "primary" | "plain" | "quiet";
  disabled?: boolean;
  title?: string;
}

export function Button({ onClick, children, icon, kind = "plain", disabled = false, title }: ButtonProps) {
  return (
    <button type="button" class={`button ${kind}`} onClick={onClick} disabled={disabled} title={title}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: () => void;
  pressed?: boolean;
  disabled?: boolean;
}

export function IconButton({ icon, label, onClick, pressed, disabled = false }: IconButtonProps) {
  return (
    <button type="button" class="button icon-only" aria-label={label} title={label} aria-pressed={pressed} onClick={onClick} disabled={disabled}>
      <Icon name={icon} />
    </button>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; text: ComponentChildren; name?: string }[];
  onChange: (value: T) => void;
}

/** A segmented control: radio buttons that look like one. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <div class="choice" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          role="radio"
          key={option.value}
          aria-checked={option.value === value}
          aria-label={option.name}
          title={option.name}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
          onKeyDown={(event) => moveChoice(event, options.map((one) => one.value), value, onChange)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}

function moveChoice<T extends string>(event: KeyboardEvent, values: readonly T[], value: T, onChange: (value: T) => void): void {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const at = (values.indexOf(value) + by + values.length) % values.length;
  onChange(values[at]!);
  (event.currentTarget as HTMLElement).parentElement?.querySelectorAll<HTMLElement>("[role=radio]")[at]?.focus();
}
