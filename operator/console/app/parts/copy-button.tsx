import type { JSX } from 'preact';
import { sentenceOf } from '../api/problem.ts';
import { useApp } from '../context.ts';
import { Icon } from './icon.tsx';
import { useTask } from './use-task.ts';

/** A text for the clipboard, and what is said when it is there. */
export interface Copied {
  readonly text: string;
  readonly said: string;
}

export interface CopyButtonProps {
  readonly label: string;
  readonly isDisabled?: boolean;
  /** What to copy: perhaps fetched only now. */
  readonly take: () => Copied | Promise<Copied>;
  readonly class?: string;
  readonly describedBy?: string;
}

/** Puts a text into the clipboard. */
export function CopyButton({ label, isDisabled = false, take, describedBy, ...more }: CopyButtonProps): JSX.Element {
  const { say } = useApp();
  const { run, isRunning, error } = useTask();
  const copy = async (): Promise<void> => {
    if (!('clipboard' in navigator)) throw new Error('The browser copies only from pages that came by HTTPS.');
    const { text, said } = await take();
    await navigator.clipboard.writeText(text);
    say(said);
  };
  return (
    <>
      <button
        type="button"
        class={more.class ?? ''}
        disabled={isDisabled || isRunning}
        aria-describedby={describedBy}
        onClick={() => {
          run(copy);
        }}
      >
        <Icon name="copy" />
        {label}
      </button>
      {error !== undefined && (
        <span class="error" role="alert">
          {error instanceof DOMException ? 'The browser did not allow it.' : sentenceOf(error)}
        </span>
      )}
    </>
  );
}
