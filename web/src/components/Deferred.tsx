// A part of the page that is its own chunk: its place is held until it is here.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ErrorNotice, Skeleton } from "./Notice.tsx";

interface DeferredProps<Props> {
  load: () => Promise<{ default: ComponentType<Props> }>;
  /** What the part is given. */
  shown: Props;
  height: number;
}

export function Deferred<Props extends object>({ load, shown, height }: DeferredProps<Props>) {
  const [Part, setPart] = useState<ComponentType<Props> | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    load().then((module) => setPart(() => module.default), setError);
  }, []);
  if (error) return <ErrorNotice error={error} />;
  return Part ? <Part {...shown} /> : <Skeleton height={height} />;
}
