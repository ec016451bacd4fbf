import { useRef, useState } from 'preact/hooks';
import { isAbort } from '../api/problem.ts';

/** Something that somebody asks for by a button. */
export interface Task {
  readonly isRunning: boolean;
  readonly error: unknown;
  /** Runs it, unless it runs already. */
  readonly run: (work: () => Promise<void>) => void;
  readonly forget: () => void;
}

export function useTask(): Task {
  const [isRunning, setIsRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const isBusy = useRef(false);
  const run = (work: () => Promise<void>): void => {
    if (isBusy.current) return;
    isBusy.current = true;
    setIsRunning(true);
    setError(undefined);
    work()
      .catch((reason: unknown) => {
        if (!isAbort(reason)) setError(reason);
      })
      .finally(() => {
        isBusy.current = false;
        setIsRunning(false);
      });
  };
  const forget = (): void => {
    setError(undefined);
  };
  return { isRunning, error, run, forget };
}
