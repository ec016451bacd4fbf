import { useCallback, useEffect, useState } from 'preact/hooks';
import { isAbort } from '../api/problem.ts';

/** Something that the API is asked for: what came last, and what went wrong since. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** Asks at once and again when one of `inputs` changes, or with `reload`; nobody waits for an answer that is wanted no more. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({
    value: undefined,
    error: undefined,
    isLoading: true,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const gone = new AbortController();
    setState((old) => ({ ...old, isLoading: true }));
    load(gone.signal).then(
      (value) => {
        if (!gone.signal.aborted) setState({ value, error: undefined, isLoading: false });
      },
      (error: unknown) => {
        if (!gone.signal.aborted && !isAbort(error)) setState((old) => ({ ...old, error, isLoading: false }));
      },
    );
    return () => {
      gone.abort();
    };
  }, [...inputs, turn]);
  const reload = useCallback(() => {
    setTurn((old) => old + 1);
  }, []);
  return { ...state, reload };
}
