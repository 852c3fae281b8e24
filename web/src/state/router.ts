// The address bar as state: a path under the mount and its parameters. A link reproduces a view, so pages keep theirs here.
import { signal } from "@preact/signals";
import { mount } from "../base.ts";

export interface Location {
  /** Below the mount, without slashes around it: "", "query", "targets". */
  path: string;
  parameters: URLSearchParams;
}

export const location = signal<Location>(here());

function here(): Location {
  const path = window.location.pathname;
  const below = path.startsWith(mount) ? path.slice(mount.length) : path.slice(1);
  return { path: below.replace(/\/+$/, ""), parameters: new URLSearchParams(window.location.search) };
}

export function address(path: string, parameters?: URLSearchParams | Record<string, string>): string {
  const query = new URLSearchParams(parameters).toString();
  return mount + path + (query ? `?${query}` : "");
}

/** A new view: the back button returns to the one before. */
export function visit(path: string, parameters?: URLSearchParams | Record<string, string>): void {
  window.history.pushState(null, "", address(path, parameters));
  location.value = here();
}

/** The same view, written down: no entry in the history. */
export function record(parameters: URLSearchParams): void {
  const next = address(location.peek().path, parameters);
  if (next === window.location.pathname + window.location.search) return;
  window.history.replaceState(null, "", next);
  location.value = here();
}

/** A parameter of few values; what nobody offers (a link may say anything) counts as absent. */
export function chosen<T extends string>(name: string, values: readonly T[], otherwise: T): T {
  const text = location.value.parameters.get(name);
  return values.find((value) => value === text) ?? otherwise;
}

/** Sets some parameters of this view; an empty value removes its parameter. */
export function recordSome(changes: Record<string, string>): void {
  const parameters = new URLSearchParams(location.peek().parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value) parameters.set(name, value);
    else parameters.delete(name);
  }
  record(parameters);
}

window.addEventListener("popstate", () => {
  location.value = here();
});

/** Plain clicks on links below the mount stay in the page; modified clicks and other links are the browser's. */
document.addEventListener("click", (event) => {
  const link = (event.target as Element | null)?.closest?.("a");
  const modified =
    event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || modified || link.target || link.origin !== window.location.origin || link.hasAttribute("download"))
    return;
  if (link.getAttribute("href")?.startsWith("#") || !link.pathname.startsWith(mount)) return;
  event.preventDefault();
  window.history.pushState(null, "", link.href);
  location.value = here();
  window.scrollTo(0, 0);
});
