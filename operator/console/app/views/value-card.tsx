import type { JSX } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Revealed } from '../api/answers.ts';
import { useApp } from '../context.ts';
import { CopyButton, type Copied } from '../parts/copy-button.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { useTask } from '../parts/use-task.ts';
import type { KeyViewProps } from './key-view.tsx';

export interface ValueCardProps extends KeyViewProps {
  readonly version: string;
  /** There is another version than this. */
  readonly onChange: () => void;
  /** The audit has a new event. */
  readonly onAudited: () => void;
}

/** A revealed value hides again after so many seconds. */
const SHOWN_S = 20;

/** The value: hidden until somebody who may asks for it, and soon again. */
export function ValueCard({ api, about, name, version, onChange, onAudited }: ValueCardProps): JSX.Element {
  const load = async (): Promise<Revealed> => {
    const found = await api.reveal(name, new AbortController().signal);
    onAudited();
    if (found.version !== version) onChange();
    return found;
  };
  const { value, seconds, reveal, hide, task } = useReveal(load, version);
  const take = async (): Promise<Copied> => copied(value ?? (await load()));
  const mayReveal = about.may.includes('get');
  return (
    <div class="card">
      <h2>Value</h2>
      <p class="muted">Version {value?.version ?? version}</p>
      {value === undefined ? (
        <p class="value hidden-value" aria-label="The value is hidden">
          ••••••••••••
        </p>
      ) : (
        <ShownValue value={value} />
      )}
      {mayReveal ? (
        <div class="actions">
          <button
            type="button"
            disabled={task.isRunning}
            aria-pressed={value !== undefined}
            onClick={value === undefined ? reveal : hide}
          >
            <Icon name={value === undefined ? 'eye' : 'hide'} />
            {value === undefined ? 'Reveal' : 'Hide'}
          </button>
          <CopyButton label="Copy" take={take} />
          {value !== undefined && <span class="muted">Hides in {seconds} s</span>}
        </div>
      ) : (
        <p class="hint">You may not reveal it: that needs “get” on the store’s keys.</p>
      )}
      {task.error !== undefined && <ProblemBox error={task.error} />}
    </div>
  );
}

function ShownValue({ value }: { readonly value: Revealed }): JSX.Element {
  return (
    <>
      <pre class="value" tabIndex={0} aria-label="The value">
        {textOf(value)}
      </pre>
      {'valueBase64' in value && <p class="hint">It is no text: this is it in base64.</p>}
    </>
  );
}

function textOf(value: Revealed): string {
  return 'value' in value ? value.value : value.valueBase64;
}

function copied(value: Revealed): Copied {
  const said = 'value' in value ? 'Copied the value.' : 'Copied the value as base64: it is no text.';
  return { text: textOf(value), said };
}

interface Reveal {
  readonly value: Revealed | undefined;
  /** Until it hides. */
  readonly seconds: number;
  readonly reveal: () => void;
  readonly hide: () => void;
  readonly task: ReturnType<typeof useTask>;
}

/** Holds a value for some seconds; less when the page goes out of sight, or the key has another version. */
function useReveal(load: () => Promise<Revealed>, version: string): Reveal {
  const { client } = useApp();
  const [value, setValue] = useState<Revealed>();
  const [seconds, setSeconds] = useState(0);
  const task = useTask();
  const hide = useCallback(() => {
    setValue(undefined);
  }, []);
  useEffect(hide, [client]);
  useEffect(() => {
    // One that is newer than the page was may have brought the page its version.
    setValue((old) => (old?.version === version ? old : undefined));
  }, [version]);
  useEffect(() => {
    if (value === undefined) return undefined;
    const end = Date.now() + SHOWN_S * 1000;
    const tick = (): void => {
      const left = Math.ceil((end - Date.now()) / 1000);
      setSeconds(left);
      if (left <= 0) hide();
    };
    tick();
    const timer = setInterval(tick, 250);
    document.addEventListener('visibilitychange', hide);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', hide);
    };
  }, [value]);
  const reveal = (): void => {
    task.run(async () => {
      setValue(await load());
    });
  };
  return { value, seconds, reveal, hide, task };
}
