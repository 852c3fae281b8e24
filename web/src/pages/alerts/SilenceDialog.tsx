// A silence for what is on the page: the form is its own chunk, opened over the list.
import type { Labels } from "../../api/query.ts";
import { Deferred } from "../../components/Deferred.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { t } from "../../i18n/translate.ts";
import { equalityMatchers } from "../../matchers/matchers.ts";

export interface Silencing {
  labels: Labels;
  /** What is silenced, in a word. */
  title: string;
}

interface SilenceDialogProps {
  silencing: Silencing;
  onClose: () => void;
  onSaved: () => void;
}

export function SilenceDialog({ silencing, onClose, onSaved }: SilenceDialogProps) {
  const saved = (): void => {
    onClose();
    onSaved();
  };
  return (
    <Dialog title={t("silence.of", { title: silencing.title })} onClose={onClose} wide>
      <Deferred
        load={() => import("../silences/SilenceForm.tsx")}
        shown={{ start: { sets: [equalityMatchers(silencing.labels)] }, onSaved: saved }}
        height={320}
      />
    </Dialog>
  );
}
