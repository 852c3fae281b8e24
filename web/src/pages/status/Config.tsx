// The configuration in force, as the server says it: secrets are already replaced there.
import { useMemo } from "preact/hooks";
import { configText } from "../../api/status.ts";
import { Copy } from "../../components/Copy.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import { colourYaml } from "./yaml.ts";

export function Config() {
  const { data, error } = useResource("config", configText);
  const lines = useMemo(() => colourYaml(data ?? ""), [data]);
  return (
    <section class="card facts">
      <header class="row">
        <h2>{t("status.config")}</h2>
        <span class="spacer" />
        {data !== undefined && <Copy text={() => data} label={t("copy")} />}
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {data === undefined && error === undefined && <Skeleton height={240} />}
      {data !== undefined && (
        <pre class="yaml" tabIndex={0} role="region" aria-label={t("status.config")}>
          {lines.map((line, index) => (
            <div key={index}>
              {line.map(({ kind, text }, at) => (
                <span key={at} class={`yaml-${kind}`}>
                  {text}
                </span>
              ))}
              {"\n"}
            </div>
          ))}
        </pre>
      )}
    </section>
  );
}
