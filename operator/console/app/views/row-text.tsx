import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { StoreApi } from '../api/store-api.ts';
import { fieldOf, type Row } from '../model/binding.ts';
import { folderOf } from '../model/path.ts';
import { templateKeys } from '../model/template.ts';
import type { RowsCardProps } from './rows-card.tsx';
import { AS_TYPED } from '../parts/as-typed.ts';

export interface RowTextProps extends RowsCardProps {
  readonly row: Row;
  readonly onChange: (what: Partial<Row>) => void;
}

const LABELS = { key: 'Key', template: 'Text with keys in ${…}', folder: 'Folder' } as const;
const PLACEHOLDERS = {
  key: 'orders/DB_PASSWORD',
  template: 'jdbc:postgresql://db/orders?password=${orders/DB_PASSWORD}',
  folder: 'orders/s3',
} as const;

/** What a row's value is made of, with keys of the store to choose from while one types. */
export function RowText({ section, row, api, problemOf, remarkOn, onChange }: RowTextProps): JSX.Element {
  const field = fieldOf(section, row, 'text');
  const problem = problemOf(field);
  const remarks = problem === undefined ? remarksOn(row, remarkOn) : [];
  const choices = useChoices(api, row);
  const isSaid = problem !== undefined || remarks.length > 0;
  const common = {
    ...AS_TYPED,
    id: field,
    'data-field': field,
    class: 'mono',
    'aria-label': LABELS[row.from],
    'aria-invalid': problem !== undefined,
    'aria-describedby': isSaid ? `${field}-said` : undefined,
    value: row.text,
    placeholder: PLACEHOLDERS[row.from],
  } as const;
  const onInput = ({ currentTarget: { value } }: { readonly currentTarget: { readonly value: string } }): void => {
    onChange({ text: row.from === 'template' ? value : value.trim() });
  };
  return (
    <div class="field">
      {row.from === 'template' ? (
        <textarea {...common} rows={3} onInput={onInput} />
      ) : (
        <>
          <input {...common} list={`${field}-choices`} onInput={onInput} />
          <datalist id={`${field}-choices`}>
            {choices.map((choice) => (
              <option key={choice} value={choice} />
            ))}
          </datalist>
        </>
      )}
      {isSaid && (
        <p id={`${field}-said`} class={problem === undefined ? 'remark' : 'error'}>
          {problem ?? remarks.join(' ')}
        </p>
      )}
    </div>
  );
}

function remarksOn({ from, text }: Row, remarkOn: (key: string) => string | undefined): readonly string[] {
  if (from === 'folder') return [];
  const found = from === 'key' ? { keys: [text] } : templateKeys(text);
  return 'keys' in found ? found.keys.flatMap((key) => remarkOn(key) ?? []) : [];
}

const PAUSE_MS = 200;
const MOST = 20;

/** Keys, or folders, that have what was typed in their path. */
function useChoices(api: StoreApi, { from, text }: Row): readonly string[] {
  const [choices, setChoices] = useState<readonly string[]>([]);
  useEffect(() => {
    if (from === 'template' || text === '') return undefined;
    const gone = new AbortController();
    const timer = setTimeout(() => {
      // Choices are a help: without them one writes the name.
      find(api, from, text, gone.signal).then(setChoices, () => undefined);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [api, from, text]);
  return choices;
}

async function find(api: StoreApi, from: Row['from'], text: string, signal: AbortSignal): Promise<readonly string[]> {
  const { items } = await api.list({ group: '', search: text, limit: MOST }, undefined, signal);
  const keys = items.flatMap((entry) => ('key' in entry ? [entry.key] : []));
  return from === 'key' ? keys : [...new Set(keys.map(folderOf))].filter((folder) => folder !== '');
}
