// How the server was built and started, as names and values.
import { useState } from "preact/hooks";
import { type Facts, flags } from "../../api/status.ts";
import { Search } from "../../components/Fields.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { dateTime } from "../../format/time.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { type Resource, useResource } from "../../state/resource.ts";

export function FactTable({ title, facts }: { title: Key; facts: Resource<Facts> }) {
  return (
    <section class="card facts">
      <h2>{t(title)}</h2>
      {facts.error !== undefined && <ErrorNotice error={facts.error} />}
      {!facts.data && facts.error === undefined && <Skeleton height={160} />}
      <dl>
        {Object.entries(facts.data ?? {})
          .filter(([, value]) => value !== "" && value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="mono">{factText(value)}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

/** Moments are shown in the reader's zone; everything else as it came. */
function factText(value: string | number | boolean | null): string {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return String(value);
  return dateTime(Date.parse(value) / 1000);
}

export function Flags() {
  const [words, setWords] = useState("");
  const { data, error } = useResource("flags", flags);
  const found = Object.entries(data ?? {}).filter(([name, value]) => `${name}=${value}`.includes(words));
  return (
    <section class="card facts">
      <header class="row">
        <h2>{t("status.flags")}</h2>
        <span class="spacer" />
        <Search label={t("status.searchFlags")} value={words} onInput={setWords} />
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={200} />}
      <dl class="flags">
        {found.map(([name, value]) => (
          <div key={name}>
            <dt class="mono">--{name}</dt>
            <dd class="mono">{value || <span class="faint">∅</span>}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
