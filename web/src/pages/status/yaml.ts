// Colours for YAML, line by line: keys, values by kind, comments. It reads what a server prints, not all of YAML;
// text in equals text out, whatever the line.

export type YamlKind = "plain" | "key" | "mark" | "string" | "number" | "word" | "comment";

export interface YamlPart {
  kind: YamlKind;
  text: string;
}

export const colourYaml = (text: string): YamlPart[][] => text.replace(/\n$/, "").split("\n").map(colourLine);

const KEY = /^(\s*)((?:- )*)("(?:\\.|[^"\\])*"|'[^']*'|[^\s#:][^:#]*)(:)(?=\s|$)/;
const ITEM = /^(\s*)((?:- )+)/;

function colourLine(line: string): YamlPart[] {
  if (/^\s*#/.test(line)) return [{ kind: "comment", text: line }];
  const key = KEY.exec(line);
  if (key) {
    const [whole, indent, dashes, name, colon] = key;
    return parts(["plain", indent!], ["mark", dashes!], ["key", name!], ["mark", colon!], ...value(line.slice(whole.length)));
  }
  const item = ITEM.exec(line);
  if (item) return parts(["plain", item[1]!], ["mark", item[2]!], ...value(line.slice(item[0].length)));
  return parts(...value(line));
}

function value(text: string): [YamlKind, string][] {
  const [, space, content, comment] = /^(\s*)(.*?)(\s#.*)?$/.exec(text)!;
  return [["plain", space!], [kindOf(content!), content!], ["comment", comment ?? ""]];
}

function kindOf(content: string): YamlKind {
  if (/^["'].*["']$/.test(content)) return "string";
  if (/^[-+]?(\d[\d_]*)(\.\d+)?([eE][-+]?\d+)?([a-zA-Z]{1,2})?$/.test(content)) return "number";
  if (/^(true|false|null|~|[|>][-+]?)$/.test(content)) return "word";
  return "plain";
}

const parts = (...all: [YamlKind, string][]): YamlPart[] => all.filter(([, text]) => text !== "").map(([kind, text]) => ({ kind, text }));
