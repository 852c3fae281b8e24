// How the server evaluated a query: its tree with series, samples and time of each node, and where the samples came from.
import { type ExplainedNode, type Explanation, explainQuery, type NodeRead } from "../../api/explain.ts";
import type { Answer } from "../../api/envelope.ts";
import { Empty, ErrorNotice, Notices, Skeleton } from "../../components/Notice.tsx";
import { roughDuration } from "../../format/duration.ts";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { spanOf } from "../../state/panels.ts";
import { useResource } from "../../state/resource.ts";
import type { Asked } from "./loading.ts";
import { Costs } from "./Stats.tsx";

export default function ExplainResult({ panel, refresh }: Asked) {
  const { expr, range, end, step } = panel;
  const key = expr ? JSON.stringify([expr, range, end, step, refresh]) : null;
  const { data, error, loading } = useResource(key, (signal) =>
    explainQuery(expr, spanOf(panel, Date.now() / 1000), signal),
  );
  if (!expr) return <Empty title={t("query.empty")}>{t("query.emptyHint")}</Empty>;
  return (
    <div class="result" aria-busy={loading}>
      {error !== undefined && <ErrorNotice error={error} />}
      {data && error === undefined ? <Tree answer={data} /> : error === undefined && <Skeleton height={160} />}
    </div>
  );
}

interface Line {
  node: ExplainedNode;
  depth: number;
  /** Of an operand whose parent is not: the whole part below is evaluated once. */
  constant: boolean;
}

function linesOf(node: ExplainedNode, depth = 0, inside = false): Line[] {
  const below = node.operands.flatMap((operand) => linesOf(operand, depth + 1, inside || node.constant));
  return [{ node, depth, constant: node.constant && !inside }, ...below];
}

/** Own time: of the node's work and its reading. */
const ownSeconds = ({ result, read }: ExplainedNode): number =>
  (result?.ownSeconds ?? 0) + (read && !read.shared ? read.seconds : 0);

function Tree({ answer }: { answer: Answer<Explanation> }) {
  const { tree, stats } = answer.data;
  const lines = linesOf(tree);
  const total = lines.reduce((sum, { node }) => sum + ownSeconds(node), 0) || 1;
  return (
    <>
      <Notices kind="warn" texts={answer.warnings} />
      <Notices kind="info" texts={answer.infos} />
      <div class="scroll-x" tabIndex={0} role="group" aria-label={t("query.explain")}>
        <table class="explain">
          <thead>
            <tr>
              <th scope="col">{t("explain.operation")}</th>
              <th scope="col" class="number">
                {t("legend.series")}
              </th>
              <th scope="col" class="number wide">
                {t("explain.samples")}
              </th>
              <th scope="col" class="number">
                {t("explain.time")}
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line, index) => (
              <Row key={index} {...line} share={ownSeconds(line.node) / total} />
            ))}
          </tbody>
        </table>
      </div>
      <div class="row stats small faint number">
        <span>{t("explain.total", { time: roughDuration(stats.timings.execTotalTime) })}</span>
        <Costs stats={stats} />
      </div>
    </>
  );
}

function Row({ node, depth, constant, share }: Line & { share: number }) {
  const { result, read, head, text } = node;
  const series = result?.series ?? read?.series;
  const samples = result?.samples ?? read?.samples;
  const computed = result !== null || read !== null;
  return (
    <tr>
      <td>
        <div class="explain-node" style={{ "--depth": depth }} title={text}>
          <code>{head}</code>
          {constant && <span class="badge">{t("explain.constant")}</span>}
          {read && <Read read={read} />}
        </div>
      </td>
      <td class="number">{series === undefined ? "–" : formatValue(series, "none")}</td>
      <td class="number wide">{samples === undefined ? "–" : formatValue(samples, "none")}</td>
      <td class="number explain-time">
        {computed ? roughDuration(ownSeconds(node)) : "–"}
        <i class="explain-bar" style={{ width: `${share * 100}%` }} />
      </td>
    </tr>
  );
}

function Read({ read }: { read: NodeRead }) {
  if (read.shared) return <span class="small faint">{t("explain.shared")}</span>;
  const sources = [
    ["head", t("explain.head"), read.head],
    ["cache", t("explain.cache"), read.cache],
    ["engine", t("explain.engine"), read.engine],
    ["rollup", t("explain.rollup"), read.rollup],
  ] as const;
  const count = formatValue(read.samples, "none");
  return (
    <span class="small faint explain-read">
      {t("explain.read", { count, time: roughDuration(read.seconds) })}
      {sources
        .filter(([, , samples]) => samples > 0)
        .map(([kind, name, samples]) => (
          <span class={`explain-source ${kind}`} key={kind}>
            {name} {formatValue(samples, "none")}
          </span>
        ))}
    </span>
  );
}
