import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import type { Draft } from '../model/binding.ts';
import { grantedNamespaces } from '../model/grants.ts';
import { AS_TYPED } from '../parts/as-typed.ts';
import { Field } from '../parts/field.tsx';
import type { DraftProps } from './use-view.tsx';

interface Words {
  readonly field: 'namespace' | 'name' | 'applications' | 'labels';
  readonly label: string;
  readonly hint: string;
  readonly placeholder: string;
}

const FIELDS: readonly Words[] = [
  { field: 'namespace', label: 'Namespace', hint: 'Where the jobs run.', placeholder: 'analytics' },
  { field: 'name', label: 'Name of the binding', hint: 'Any name that is free there.', placeholder: 'orders-etl' },
  {
    field: 'applications',
    label: 'Applications',
    hint: 'Names of Spark applications (spark.app.name), set apart by commas; * stands for anything.',
    placeholder: 'orders-*',
  },
  {
    field: 'labels',
    label: 'Labels of the driver',
    hint: 'Instead, or as well: every driver with all of these labels.',
    placeholder: 'team=orders',
  },
];

/** Which jobs a binding is for. */
export function JobFields({ about, draft, onDraft, problemOf }: DraftProps): JSX.Element {
  const list = useId();
  return (
    <div class="card">
      <h2>Which jobs</h2>
      <div class="fields">
        {FIELDS.map(({ field, label, hint, placeholder }) => (
          <Field key={field} label={label} hint={hint} error={problemOf(field)}>
            {(ties) => (
              <input
                {...ties}
                data-field={field}
                value={draft[field]}
                placeholder={placeholder}
                list={field === 'namespace' ? list : undefined}
                {...AS_TYPED}
                onInput={({ currentTarget: { value } }) => {
                  onDraft((old): Draft => ({
                    ...old,
                    [field]: field === 'namespace' || field === 'name' ? value.trim() : value,
                  }));
                }}
              />
            )}
          </Field>
        ))}
      </div>
      <datalist id={list}>
        {grantedNamespaces(about.grants).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}
