// Matchers as chips, completed from label sets that are there.
import type { Labels } from "../api/query.ts";
import { canonical, type Operator, OPERATORS } from "../matchers/matchers.ts";
import { suggestMatchers } from "../matchers/suggesting.ts";
import { t } from "../i18n/translate.ts";
import { ChipInput } from "./ChipInput.tsx";

interface MatcherInputProps {
  label: string;
  placeholder: string;
  matchers: readonly string[];
  onChange: (matchers: string[]) => void;
  /** Where names and values come from. */
  known: readonly Labels[];
  operators?: readonly Operator[];
}

export function MatcherInput({ label, placeholder, matchers, onChange, known, operators = OPERATORS }: MatcherInputProps) {
  return (
    <ChipInput
      label={label}
      placeholder={placeholder}
      chips={matchers}
      onChange={onChange}
      suggest={(draft) => suggestMatchers(draft, known, operators)}
      accept={(draft) => canonical(draft, operators)}
      refused={t("matcher.refused", { example: `team${operators.at(-1) === "=" ? "=" : "=~"}"db"` })}
    />
  );
}
