import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { generated, LARGEST, NO_VALUE, remarksOn, sizeOf, sizeText, valueProblem, type Value } from '../model/value.ts';
import { AS_TYPED } from './as-typed.ts';
import { Field, type FieldTies } from './field.tsx';
import { Icon } from './icon.tsx';

export interface ValueFieldProps {
  readonly label: string;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** Whether it was tried to save it: then it is told what is wrong. */
  readonly isTried: boolean;
  /** Whether the focus begins here. */
  readonly isFirst?: boolean;
}

const GENERATED_LENGTH = 32;

/** A value to be written: typed or pasted without being shown, made up by chance, or from a file. */
export function ValueField({ label, value, onChange, isTried, isFirst = false }: ValueFieldProps): JSX.Element {
  const [isShown, setIsShown] = useState(false);
  return (
    <>
      <Field label={label} error={isTried ? valueProblem(value) : undefined}>
        {(ties) =>
          value.kind === 'text' ? (
            <TextValue {...{ ties, isShown, isFirst, onChange }} text={value.text} />
          ) : (
            <FileValue ties={ties} name={value.name} size={sizeOf(value)} onChange={onChange} />
          )
        }
      </Field>
      <Tools {...{ value, onChange, isShown }} onShow={setIsShown} />
      {remarksOn(value).map((remark) => (
        <p key={remark} class="remark" role="status">
          <Icon name="alert" />
          {remark}
          <button
            type="button"
            class="quiet small"
            onClick={() => {
              if (value.kind === 'text') onChange({ kind: 'text', text: value.text.trim() });
            }}
          >
            Trim it
          </button>
        </p>
      ))}
    </>
  );
}

interface ToolsProps extends Pick<ValueFieldProps, 'value' | 'onChange'> {
  readonly isShown: boolean;
  readonly onShow: (isShown: boolean) => void;
}

function Tools({ value, onChange, isShown, onShow }: ToolsProps): JSX.Element {
  const size = sizeOf(value);
  return (
    <div class="value-tools">
      <button
        type="button"
        class="quiet small"
        aria-pressed={isShown}
        disabled={value.kind === 'file'}
        onClick={() => {
          onShow(!isShown);
        }}
      >
        <Icon name={isShown ? 'hide' : 'eye'} />
        {isShown ? 'Hide' : 'Show'}
      </button>
      <button
        type="button"
        class="quiet small"
        onClick={() => {
          onChange({ kind: 'text', text: generated(GENERATED_LENGTH, randomBytes) });
        }}
      >
        <Icon name="dice" />
        Generate
      </button>
      <FileButton onChange={onChange} />
      {size > 0 && <span class="muted">{sizeText(size)}</span>}
    </div>
  );
}

interface TextValueProps {
  readonly ties: FieldTies;
  readonly text: string;
  readonly isShown: boolean;
  readonly isFirst: boolean;
  readonly onChange: (value: Value) => void;
}

/** Several lines, as keys and certificates have them; hidden as a password is. No spell checker is to be sent it. */
function TextValue({ ties, text, isShown, isFirst, onChange }: TextValueProps): JSX.Element {
  return (
    <textarea
      {...ties}
      class={isShown ? 'mono' : 'mono masked'}
      value={text}
      autofocus={isFirst}
      rows={3}
      {...AS_TYPED}
      onInput={({ currentTarget }) => {
        onChange(currentTarget.value === '' ? NO_VALUE : { kind: 'text', text: currentTarget.value });
      }}
    />
  );
}

interface FileValueProps {
  readonly ties: FieldTies;
  readonly name: string;
  readonly size: number;
  readonly onChange: (value: Value) => void;
}

function FileValue({ ties, name, size, onChange }: FileValueProps): JSX.Element {
  return (
    <div class="file-value" {...ties} tabIndex={-1}>
      <Icon name="file" />
      <span class="mono">{name}</span>
      <span class="muted">{sizeText(size)}, kept as it is</span>
      <button
        type="button"
        class="quiet small"
        onClick={() => {
          onChange(NO_VALUE);
        }}
      >
        Remove
      </button>
    </div>
  );
}

function FileButton({ onChange }: { readonly onChange: (value: Value) => void }): JSX.Element {
  const chooser = useRef<HTMLInputElement>(null);
  const read = async (file: File): Promise<void> => {
    // Of one that is too large no more is read than tells so.
    const bytes = await file.slice(0, LARGEST + 1).arrayBuffer();
    onChange({ kind: 'file', name: file.name, bytes: new Uint8Array(bytes) });
  };
  return (
    <>
      <button type="button" class="quiet small" onClick={() => chooser.current?.click()}>
        <Icon name="file" />
        From a file
      </button>
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label="File with the value"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file !== undefined) void read(file);
          currentTarget.value = '';
        }}
      />
    </>
  );
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
