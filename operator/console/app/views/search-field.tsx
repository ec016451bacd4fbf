import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { AS_TYPED } from '../parts/as-typed.ts';
import { Icon } from '../parts/icon.tsx';

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onSearch: (text: string) => void;
}

/** So long after the last letter the search begins. */
const PAUSE_MS = 150;

/** A field that searches while one types, but not for each letter. */
export function SearchField({ label, value, onSearch }: SearchFieldProps): JSX.Element {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => {
      onSearch(text.trim());
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text, value]);
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={label}
        value={text}
        maxLength={512}
        {...AS_TYPED}
        data-shortcut="search"
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}
