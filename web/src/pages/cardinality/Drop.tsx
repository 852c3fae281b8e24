// "What would I save": series before and after leaving out a label, in all and by metric.
import type { Cardinality, LabelDrop } from "../../api/cardinality.ts";
import { IconButton } from "../../components/Button.tsx";
import { Skeleton } from "../../components/Notice.tsx";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { recordSome } from "../../state/router.ts";

export function Drop({ label, data }: { label: string; data: Cardinality | undefined }) {
  if (!label) return <p class="soft">{t("cardinality.dropHint")}</p>;
  const drop = data?.drop?.label === label ? data.drop : undefined;
  return (
    <section class="card drop" aria-label={t("cardinality.dropWhat", { name: label })}>
      <header class="row">
        <h2>{t("cardinality.dropWhat", { name: label })}</h2>
        <span class="spacer" />
        <IconButton icon="close" label={t("close")} onClick={() => recordSome({ drop: "" })} />
      </header>
      {drop ? <Saving drop={drop} /> : <Skeleton height={120} />}
    </section>
  );
}

const saved = (before: number, after: number): string =>
  before > 0 ? formatValue((before - after) / before, "ratio") : "–";

function Saving({ drop }: { drop: LabelDrop }) {
  const { series_before: before, series_after: after, names } = drop;
  return (
    <>
      <p class="drop-sum number">
        <strong>{saved(before, after)}</strong>{" "}
        {t("cardinality.saving", { before: formatValue(before, "none", 4), after: formatValue(after, "none", 4) })}
      </p>
      {names.length > 0 && (
        <div class="scroll-x" tabIndex={0} role="group" aria-label={t("cardinality.names")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("cardinality.metric")}</th>
                <th scope="col" class="number">
                  {t("cardinality.before")}
                </th>
                <th scope="col" class="number">
                  {t("cardinality.after")}
                </th>
                <th scope="col" class="number">
                  {t("cardinality.saved")}
                </th>
              </tr>
            </thead>
            <tbody>
              {names.map(({ name, series_before, series_after }) => (
                <tr key={name}>
                  <td class="mono">{name}</td>
                  <td class="number">{formatValue(series_before, "none")}</td>
                  <td class="number">{formatValue(series_after, "none")}</td>
                  <td class="number">{saved(series_before, series_after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="small soft">{t("cardinality.dropWarning")}</p>
    </>
  );
}
