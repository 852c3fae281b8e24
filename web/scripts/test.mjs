// Bundles tests/*.test.ts with the page's own builder and runs them with Node's test runner.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { build } from "vite";

const root = new URL("..", import.meta.url).pathname;
const outDir = `${root}node_modules/.cache/tests`;
const tests = readdirSync(`${root}tests`).filter((name) => name.endsWith(".test.ts"));

await build({
  root,
  logLevel: "warn",
  build: {
    ssr: true,
    outDir,
    emptyOutDir: true,
    manifest: false,
    copyPublicDir: false,
    rollupOptions: { input: tests.map((name) => `${root}tests/${name}`), output: { entryFileNames: "[name].mjs" } },
  },
});
const built = tests.map((name) => `${outDir}/${name.replace(/\.ts$/, ".mjs")}`);
process.exit(spawnSync(process.execPath, ["--test", ...built], { stdio: "inherit" }).status ?? 1);
