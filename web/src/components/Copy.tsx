// Puts a text on the clipboard and says so for a moment.
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate.ts";
import type { IconName } from "./Icon.tsx";
import { Button } from "./Button.tsx";

export function Copy({ text, label, icon = "copy" }: { text: () => string; label: string; icon?: IconName }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = window.setTimeout(() => setDone(false), 1500);
    return () => window.clearTimeout(timer);
  }, [done]);
  return (
    <Button icon={done ? "check" : icon} kind="quiet" onClick={() => void copy(text()).then(setDone)}>
      {done ? t("copied") : label}
    </Button>
  );
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // pages served without TLS have no clipboard interface
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
