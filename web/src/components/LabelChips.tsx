// Labels as small boxes, name and value told apart by weight.
import type { Labels } from "../api/query.ts";
import { pairs } from "../promql/labels.ts";

interface LabelChipsProps {
  labels: Labels;
  /** Chips can be pressed; what pressing does is said by `pressHint`. */
  onPress?: (name: string, value: string) => void;
  pressHint?: string;
}

export function LabelChips({ labels, onPress, pressHint }: LabelChipsProps) {
  return (
    <ul class="chips">
      {pairs(labels).map(([name, value]) => {
        const parts = (
          <>
            <span class="chip-name">{name}</span>
            <span>{value === "" ? "∅" : value}</span>
          </>
        );
        if (!onPress)
          return (
            <li key={name} class="chip">
              {parts}
            </li>
          );
        return (
          <li key={name} class="chip-frame">
            <button type="button" class="chip pressable" title={pressHint} onClick={() => onPress(name, value)}>
              {parts}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
