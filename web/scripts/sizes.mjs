// Prints what a first visit and the whole page weigh, gzipped, and fails over the limit of the first paint.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const FIRST_PAINT_LIMIT = 100 * 1000;
const folder = new URL("../../src/vedette/web/static/", import.meta.url).pathname;

const gzipped = (path) => gzipSync(readFileSync(join(folder, path)), { level: 9 }).length;
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));

/** Files that the browser needs before the page at `key` shows: the chunk, what it imports statically, their styles. */
function needed(key, seen = new Set()) {
  const chunk = manifest[key];
  if (seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const style of chunk.css ?? []) seen.add(style);
  for (const name of chunk.imports ?? []) needed(name, seen);
  return seen;
}

function everyFile(under = "") {
  return readdirSync(join(folder, under)).flatMap((name) => {
    const path = join(under, name);
    return statSync(join(folder, path)).isDirectory() ? everyFile(path) : [path];
  });
}

const total = (paths) => [...paths].reduce((sum, path) => sum + gzipped(path), 0);
const boot = new Set(["index.html", "theme.js", ...needed("index.html")]);
let worst = 0;
for (const key of Object.keys(manifest).filter((name) => /^src\/pages\/.*Page\.tsx$/.test(name))) {
  const weight = total(needed(key, new Set(boot)));
  worst = Math.max(worst, weight);
  console.log(`first paint ${key}: ${kilobytes(weight)} gzip`);
}
console.log(`shell: ${kilobytes(total(boot))} gzip`);
console.log(`all files: ${kilobytes(total(everyFile()))} gzip`);
if (worst === 0 || worst > FIRST_PAINT_LIMIT) {
  console.error(`first paint is over its limit of ${kilobytes(FIRST_PAINT_LIMIT)}: ${kilobytes(worst)}`);
  process.exit(1);
}
