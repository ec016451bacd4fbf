import type { JSX } from 'preact';
import { AS_TYPED } from './as-typed.ts';
import type { FieldTies } from './field.tsx';

interface TrimmedInputProps {
  readonly ties: FieldTies;
  readonly value: string;
  readonly onTyped: (typed: string) => void;
  readonly class?: string;
  readonly placeholder?: string;
  readonly autofocus?: boolean;
}

/** One line of text as it is typed, without what pasting leaves at its ends: a name, or a key. */
export function TrimmedInput({ ties, onTyped, ...attributes }: TrimmedInputProps): JSX.Element {
  return (
    <input
      {...ties}
      {...attributes}
      {...AS_TYPED}
      onInput={({ currentTarget }) => {
        onTyped(currentTarget.value.trim());
      }}
    />
  );
}
