import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface Toast {
  readonly id: number;
  readonly text: string;
}

const SHOWN_MS = 6000;

export interface ToastsState {
  readonly toasts: readonly Toast[];
  readonly say: (text: string) => void;
  readonly clear: () => void;
}

/** What went well lately. */
export function useToasts(): ToastsState {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const say = useCallback((text: string) => {
    const id = performance.now();
    setToasts((all) => [...all.slice(-2), { id, text }]);
    setTimeout(() => {
      setToasts((all) => all.filter((each) => each.id !== id));
    }, SHOWN_MS);
  }, []);
  const clear = useCallback(() => {
    setToasts([]);
  }, []);
  return { toasts, say, clear };
}

/** The region is there from the start: only then is what comes into it read aloud. */
export function Toasts({ toasts }: Pick<ToastsState, 'toasts'>): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text }) => (
        <p key={id} class="toast">
          <Icon name="check" />
          {text}
        </p>
      ))}
    </div>
  );
}
