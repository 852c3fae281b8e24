// Something the reader starts and may stop, such as a long computation on the server: one at a time, the last result stays.
import { useEffect, useRef, useState } from "preact/hooks";

export interface Task<T> {
  /** Of the last run that came to its end. */
  done: T | undefined;
  /** Of the last run, where it failed. */
  error: unknown;
  /** Unix milliseconds; null: nothing runs. */
  startedAt: number | null;
  start: () => void;
  stop: () => void;
}

/** `run` is told by the signal that nobody waits any more; leaving the view stops it too. */
export function useTask<T>(run: (signal: AbortSignal) => Promise<T>): Task<T> {
  const [state, setState] = useState<Pick<Task<T>, "done" | "error" | "startedAt">>({
    done: undefined,
    error: undefined,
    startedAt: null,
  });
  const abort = useRef<AbortController | null>(null);
  const stop = (): void => {
    abort.current?.abort();
    setState((old) => ({ ...old, startedAt: null }));
  };
  useEffect(() => () => abort.current?.abort(), []);
  const start = (): void => {
    abort.current?.abort();
    const { signal } = (abort.current = new AbortController());
    setState((old) => ({ done: old.done, error: undefined, startedAt: Date.now() }));
    run(signal).then(
      (done) => {
        if (!signal.aborted) setState({ done, error: undefined, startedAt: null });
      },
      (error: unknown) => {
        if (!signal.aborted) setState((old) => ({ done: old.done, error, startedAt: null }));
      },
    );
  };
  return { ...state, start, stop };
}
