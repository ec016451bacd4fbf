import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AuditEvent } from '../api/answers.ts';
import { keyProblem } from '../model/path.ts';
import { hrefOf } from '../model/route.ts';
import { AS_TYPED } from '../parts/as-typed.ts';
import { Field } from '../parts/field.tsx';
import { Heading } from '../parts/heading.tsx';
import { AuditList } from './audit-list.tsx';
import type { StoreViewProps } from './store-frame.tsx';

/** What was done to a store's keys, newest first. */
export function AuditView({ api, store }: StoreViewProps): JSX.Element {
  const [typed, setTyped] = useState('');
  const problem = typed === '' ? undefined : keyProblem(typed);
  const key = typed === '' || problem !== undefined ? undefined : typed;
  const hrefOfKey = ({ key: of }: AuditEvent): string | undefined =>
    of === undefined ? undefined : hrefOf({ view: 'key', store, key: of });
  return (
    <section>
      <div class="title">
        <Heading title="Audit" />
      </div>
      <p class="muted">
        Values revealed, keys written and deleted, and what was denied: as far as the replica of the operator that
        answers remembers. Its log has all of it.
      </p>
      <Field label="Only of this key" error={problem}>
        {(ties) => (
          <input
            {...ties}
            type="search"
            class="mono"
            value={typed}
            placeholder="orders/DB_PASSWORD"
            {...AS_TYPED}
            data-shortcut="search"
            onInput={({ currentTarget }) => {
              setTyped(currentTarget.value.trim());
            }}
          />
        )}
      </Field>
      <div class="card">
        <AuditList key={key ?? ''} load={(after, signal) => api.audit(key, after, signal)} hrefOfKey={hrefOfKey} />
      </div>
    </section>
  );
}
