// What the reader is called, for what is said in this browser; a server that has users knows better and does not ask.
import { signal } from "@preact/signals";
import { recall, remember } from "./storage.ts";

const KEY = "name";

export const readerName = signal(recall(KEY) ?? "");

export function setReaderName(name: string): void {
  readerName.value = name;
  remember(KEY, name || null);
}
