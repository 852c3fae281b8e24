// What there is most of: names with a bar and a figure, the largest first.
import type { ComponentChildren } from "preact";
import { formatValue, type Unit } from "../format/units.ts";
import { t } from "../i18n/translate.ts";
import { Empty, Skeleton } from "./Notice.tsx";

export interface RankingRow {
  name: string;
  value: number;
  /** Where the name leads. */
  href?: string;
  /** Said behind the figure. */
  note?: string;
  /** A button at the end. */
  action?: ComponentChildren;
}

interface RankingProps {
  title: string;
  /** undefined: on the way. */
  rows: readonly RankingRow[] | undefined;
  unit?: Unit;
  children?: ComponentChildren;
}

export function Ranking({ title, rows, unit = "none", children }: RankingProps) {
  const most = Math.max(1, ...(rows ?? []).map(({ value }) => value));
  return (
    <section class="card ranking">
      <h2>{title}</h2>
      {children}
      {!rows && <Skeleton height={240} />}
      {rows?.length === 0 && <Empty title={t("status.nothing")} />}
      <ol>
        {rows?.map(({ name, value, href, note, action }) => (
          <li key={name} class="number">
            <i class="ranking-bar" style={{ width: `${(value / most) * 100}%` }} />
            <span class="mono">{href ? <a href={href}>{name}</a> : name}</span>
            <span class="ranking-figure">
              {formatValue(value, unit)}
              {note && <span class="faint"> {note}</span>}
              {action}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
