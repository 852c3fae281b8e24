// Labels as small boxes, name and value told apart by weight.
import type { Labels } from "../api/query.ts";
import { pairs } from "../promql/labels.ts";

export function LabelChips({ labels }: { labels: Labels }) {
  return (
    <ul class="chips">
      {pairs(labels).map(([name, value]) => (
        <li key={name} class="chip">
          <span class="chip-name">{name}</span>
          <span>{value === "" ? "∅" : value}</span>
        </li>
      ))}
    </ul>
  );
}
