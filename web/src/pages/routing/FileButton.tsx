// Opens a text file of the reader's machine; nothing is sent by that.
import { t } from "../../i18n/translate.ts";
import { Icon } from "../../components/Icon.tsx";

interface FileButtonProps {
  label: string;
  onText: (text: string) => void;
  onError: (error: unknown) => void;
}

export function FileButton({ label, onText, onError }: FileButtonProps) {
  return (
    <label class="button plain file-button">
      <Icon name="push" />
      <span>{label}</span>
      <input
        class="visually-hidden"
        type="file"
        accept=".yml,.yaml,.txt"
        onChange={(event) => {
          const input = event.currentTarget;
          const file = input.files?.[0];
          if (file) readText(file).then(onText, onError);
          input.value = ""; // so that the same file can be opened again
        }}
      />
    </label>
  );
}

/** Throws where the file is not UTF-8, instead of showing something that nobody wrote. */
export async function readText(file: File): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(t("dryRun.unreadable"));
  }
}
