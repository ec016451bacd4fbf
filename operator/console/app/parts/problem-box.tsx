import type { JSX } from 'preact';
import { sentenceOf } from '../api/problem.ts';
import { Icon } from './icon.tsx';

export interface ProblemBoxProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** What went wrong, read aloud at once. */
export function ProblemBox({ error, onRetry }: ProblemBoxProps): JSX.Element {
  return (
    <div class="notice bad" role="alert">
      <Icon name="alert" />
      <p>{sentenceOf(error)}</p>
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
