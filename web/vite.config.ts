// Builds the page into the Python package. Asset addresses are relative, so that the page works under any route prefix;
// nothing is inlined as a data: address, so that the policy `default-src 'self'` holds.
import { defineConfig } from "vite";

const server = process.env.VEDETTE_URL ?? "http://127.0.0.1:7567";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/vedette/web/static",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
  server: { proxy: { "/api": server, "/config": server, "/-": server } },
});
