// One large figure with its name.
import { type Key, t } from "../i18n/translate.ts";
import { Skeleton } from "./Notice.tsx";

export function FigureTile({ title, value, small = false }: { title: Key; value: string | undefined; small?: boolean }) {
  return (
    <div class="card figure">
      <span class="small soft">{t(title)}</span>
      {value === undefined ? (
        <Skeleton height={30} />
      ) : (
        <strong class={small ? "number figure-small" : "number"}>{value}</strong>
      )}
    </div>
  );
}
