import type { JSX } from 'preact';
import { sentenceOf } from '../api/problem.ts';
import { useApp } from '../context.ts';
import { Icon } from './icon.tsx';
import { useTask } from './use-task.ts';

export interface CopyButtonProps {
  readonly label: string;
  /** What is said when it was copied. */
  readonly said: string;
  readonly isDisabled?: boolean;
  /** What to copy: perhaps fetched only now. */
  readonly text: () => string | Promise<string>;
  readonly class?: string;
  readonly describedBy?: string;
}

/** Puts a text into the clipboard. */
export function CopyButton({
  label,
  said,
  isDisabled = false,
  text,
  describedBy,
  ...more
}: CopyButtonProps): JSX.Element {
  const { say } = useApp();
  const { run, isRunning, error } = useTask();
  const copy = async (): Promise<void> => {
    if (!('clipboard' in navigator)) throw new Error('The browser copies only from pages that came by HTTPS.');
    await navigator.clipboard.writeText(await text());
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
