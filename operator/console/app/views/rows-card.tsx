import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { fieldOf, withChange, withoutRow, withRow, type Row, type Section, type Source } from '../model/binding.ts';
import { AS_TYPED } from '../parts/as-typed.ts';
import { Icon } from '../parts/icon.tsx';
import { RowText } from './row-text.tsx';
import type { DraftProps } from './use-view.tsx';

export interface RowsCardProps extends DraftProps {
  readonly section: Section;
}

const WORDS = {
  env: { title: 'Environment variables', one: 'variable', placeholder: 'ORDERS_DB_PASSWORD' },
  conf: { title: 'Spark config', one: 'property', placeholder: 'spark.hadoop.fs.s3a.secret.key' },
  files: { title: 'Files', one: 'file', placeholder: 'keystore.jks' },
} as const;

const SOURCES_OF: Readonly<Record<Section, readonly Source[]>> = {
  env: ['key', 'template', 'folder'],
  conf: ['key', 'template'],
  files: ['key'],
};

const SOURCES: Readonly<Record<Source, string>> = {
  key: 'Value of a key',
  template: 'Text with keys',
  folder: 'All keys of a folder',
};

/** The variables, the properties or the files that jobs get. */
export function RowsCard(props: RowsCardProps): JSX.Element {
  const { section, draft, onDraft, problemOf } = props;
  const { title, one } = WORDS[section];
  const problem = problemOf(`add-${section}`);
  return (
    <div class="card">
      <h2>{title}</h2>
      {section === 'files' && draft.files.length > 0 && (
        <p class="hint">
          In <code>/mnt/spark-secrets/files/{draft.name === '' ? 'BINDING' : draft.name}</code> of driver and executors.
        </p>
      )}
      <ul class="rows">
        {draft[section].map((row) => (
          <RowFields key={row.id} {...props} row={row} />
        ))}
      </ul>
      <button
        type="button"
        data-field={`add-${section}`}
        onClick={() => {
          onDraft((old) => withRow(old, section));
        }}
      >
        <Icon name="plus" />
        Add {one}
      </button>
      {problem !== undefined && <p class="error">{problem}</p>}
    </div>
  );
}

function RowFields(props: RowsCardProps & { readonly row: Row }): JSX.Element {
  const { section, row, onDraft } = props;
  const { one } = WORDS[section];
  const change = (what: Partial<Row>): void => {
    onDraft((old) => withChange(old, section, row.id, what));
  };
  return (
    <li aria-label={row.name === '' ? `New ${one}` : row.name}>
      <NameField {...props} onChange={change} />
      <select
        aria-label="Where its value comes from"
        value={row.from}
        onChange={({ currentTarget }) => {
          change({ from: currentTarget.value as Source });
        }}
      >
        {SOURCES_OF[section].map((from) => (
          <option key={from} value={from}>
            {SOURCES[from]}
          </option>
        ))}
      </select>
      <RowText {...props} onChange={change} />
      <button
        type="button"
        class="quiet square"
        aria-label={`Remove ${row.name === '' ? `this ${one}` : row.name}`}
        onClick={() => {
          onDraft((old) => withoutRow(old, section, row.id));
        }}
      >
        <Icon name="trash" />
      </button>
      <RowFlag section={section} row={row} onChange={change} />
    </li>
  );
}

/** What else can be said of a variable or a file. */
function RowFlag({ section, row, onChange }: Omit<NameFieldProps, keyof DraftProps>): JSX.Element | null {
  if (section === 'conf' || row.from === 'folder') return null;
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={section === 'env' ? row.isDriverOnly : row.isBase64}
        onChange={({ currentTarget: { checked } }) => {
          onChange(section === 'env' ? { isDriverOnly: checked } : { isBase64: checked });
        }}
      />
      {section === 'env' ? 'For the driver only' : 'The store has it as base64 text'}
    </label>
  );
}

interface NameFieldProps extends RowsCardProps {
  readonly row: Row;
  readonly onChange: (what: Partial<Row>) => void;
}

/** The first field of a row: a new row that lacks a name is where one goes on. */
function NameField({ section, row, problemOf, onChange }: NameFieldProps): JSX.Element {
  const ref = useRef<HTMLInputElement>(null);
  const field = fieldOf(section, row, 'name');
  const problem = problemOf(field);
  useEffect(() => {
    if (row.name === '' && row.text === '') ref.current?.focus();
  }, []);
  const isFolder = row.from === 'folder';
  return (
    <div class="field">
      <input
        ref={ref}
        id={field}
        data-field={field}
        class="mono"
        aria-label={isFolder ? 'What the names begin with' : `Name of the ${WORDS[section].one}`}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${field}-error`}
        value={row.name}
        placeholder={isFolder ? 'S3_ (optional)' : WORDS[section].placeholder}
        {...AS_TYPED}
        onInput={({ currentTarget }) => {
          onChange({ name: currentTarget.value.trim() });
        }}
      />
      {problem !== undefined && (
        <p id={`${field}-error`} class="error">
          {problem}
        </p>
      )}
    </div>
  );
}
