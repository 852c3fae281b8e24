// Single keys that act on the page while nobody is writing.
import { useEffect, useRef } from "preact/hooks";

export function useShortcuts(actions: Readonly<Record<string, () => void>>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const action = latest.current[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.composedPath()[0])) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

function isWriting(target: EventTarget | undefined): boolean {
  const element = target as HTMLElement | undefined;
  return element?.closest?.("input, textarea, select, dialog, [contenteditable=true]") != null;
}
