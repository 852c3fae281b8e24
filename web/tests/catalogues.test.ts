import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../src/i18n/en.ts";
import { zhCN } from "../src/i18n/zh-CN.ts";

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();

test("both catalogues have the same keys", () => {
  assert.deepEqual(Object.keys(zhCN), Object.keys(en));
});

test("both texts of a key take the same values", () => {
  for (const [key, text] of Object.entries(en)) {
    assert.deepEqual(placeholders(zhCN[key as keyof typeof en]), placeholders(text), key);
  }
});

test("no text is empty, and Chinese is not left in English", () => {
  const same = new Set(["overview.cpu", "pressure.cpu"]);
  for (const [key, text] of Object.entries(zhCN)) {
    assert.notEqual(text.trim(), "", key);
    if (!same.has(key)) assert.match(text, /[\u4e00-\u9fff]|^\{\w+\}$/, key);
  }
});
