// What changed between two texts, line by line: the longest common subsequence, found between what both begin and end with.

export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Texts of more lines in their changed part are shown as replaced: the table below grows with the square. */
const LINES_MAX = 2000;

export function diffLines(before: string, after: string): DiffLine[] {
  const [old, young] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < young.length && old[head] === young[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, young.length) - head && old.at(-1 - tail) === young.at(-1 - tail)) tail += 1;
  return [
    ...marked("same", old.slice(0, head)),
    ...changedPart(old.slice(head, old.length - tail), young.slice(head, young.length - tail)),
    ...marked("same", old.slice(old.length - tail)),
  ];
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

const marked = (kind: DiffLine["kind"], lines: readonly string[]): DiffLine[] =>
  lines.map((text) => ({ kind, text }));

function changedPart(old: readonly string[], young: readonly string[]): DiffLine[] {
  if (old.length > LINES_MAX || young.length > LINES_MAX) return [...marked("removed", old), ...marked("added", young)];
  const common = commonLengths(old, young);
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      found.push({ kind: "same", text: old[i]! });
      i += 1;
      j += 1;
    } else if (j === young.length || (i < old.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      found.push({ kind: "removed", text: old[i]! });
      i += 1;
    } else {
      found.push({ kind: "added", text: young[j]! });
      j += 1;
    }
  }
  return found;
}

/** At `[i][j]`: how many lines the texts have in common from line i and line j on. */
function commonLengths(old: readonly string[], young: readonly string[]): Uint16Array[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(young.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      lengths[i]![j] =
        old[i] === young[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}

export interface Fold {
  kind: "folded";
  count: number;
}

/** Around a change so many lines stand that did not change. */
const CONTEXT = 3;

/** Long stretches without a change are folded; a fold hides at least two lines. */
export function foldSame(lines: readonly DiffLine[]): (DiffLine | Fold)[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(at - CONTEXT, 0), at + CONTEXT + 1).some(({ kind }) => kind !== "same"),
  );
  const found: (DiffLine | Fold)[] = [];
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (end < lines.length && !isNear[end]) end += 1;
    if (end - at > 1) found.push({ kind: "folded", count: end - at });
    else found.push(...lines.slice(at, Math.max(end, at + 1)));
    at = Math.max(end, at + 1);
  }
  return found;
}
