// Something loaded from the server: keeps the last answer while a newer one is on its way, so that nothing jumps.
import { useEffect, useRef, useState } from "preact/hooks";

export interface Resource<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
}

/**
 * Loads when `key` changes (null: not now). A request that is no longer wanted is aborted, which also stops its query on
 * the server. An error stands beside the last data until the next success.
 */
export function useResource<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<Resource<T>>({ data: undefined, error: undefined, loading: key !== null });
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    setState((old) => ({ ...old, loading: true }));
    latest.current(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ data, error: undefined, loading: false });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState((old) => ({ data: old.data, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [key]);
  return state;
}

/** Counts up every `seconds` while the tab is visible (0: never); put it into a resource's key to refresh. */
export function useTick(seconds: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (seconds <= 0) return;
    const timer = window.setInterval(() => {
      if (!document.hidden) setTick((value) => value + 1);
    }, seconds * 1000);
    return () => window.clearInterval(timer);
  }, [seconds]);
  return tick;
}
