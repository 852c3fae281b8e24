// Asks once what the reader is called.
import { t } from "../i18n/translate.ts";
import { readerName, setReaderName } from "../state/reader.ts";

export function ReaderName() {
  return (
    <label class="labelled">
      <span class="small soft">{t("reader.name")}</span>
      <input
        class="field"
        value={readerName.value}
        autocomplete="username"
        placeholder={t("notes.nobody")}
        onInput={(event) => setReaderName(event.currentTarget.value)}
      />
    </label>
  );
}
