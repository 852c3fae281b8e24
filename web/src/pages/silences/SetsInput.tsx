// The matcher sets of a silence: one, as nearly always, or several of which any silences an alert.
import { Button, IconButton } from "../../components/Button.tsx";
import { MatcherInput } from "../../components/MatcherInput.tsx";
import type { Labels } from "../../api/query.ts";
import { t } from "../../i18n/translate.ts";
import type { MatcherSets } from "./wanted.ts";

interface SetsInputProps {
  sets: MatcherSets;
  onChange: (sets: MatcherSets) => void;
  /** Where names and values come from. */
  known: readonly Labels[];
}

export function SetsInput({ sets, onChange, known }: SetsInputProps) {
  const isFull = sets.every((matchers) => matchers.length > 0);
  return (
    <>
      {sets.map((matchers, place) => {
        const label = t(place === 0 ? "silence.matchers" : "silence.orMatchers");
        return (
          <div key={place} class="labelled">
            <div class="row">
              <span class="small soft">{label}</span>
              <span class="spacer" />
              {sets.length > 1 && (
                <IconButton
                  icon="trash"
                  label={t("silence.removeSet", { number: place + 1 })}
                  onClick={() => onChange(sets.toSpliced(place, 1))}
                />
              )}
            </div>
            <MatcherInput
              label={sets.length > 1 ? `${label} (${place + 1})` : label}
              placeholder={t("alerts.filterHint")}
              matchers={matchers}
              onChange={(changed) => onChange(sets.with(place, changed))}
              known={known}
            />
          </div>
        );
      })}
      <div>
        <Button kind="quiet" icon="plus" disabled={!isFull} onClick={() => onChange([...sets, []])}>
          {t("silence.addSet")}
        </Button>
      </div>
    </>
  );
}
