import type { JSX, TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../context.ts';
import { namespaceProblem } from '../model/names.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { TrimmedInput } from '../parts/trimmed-input.tsx';

/** In whose name one works: one's own, or that of a namespace which stores grant keys to. */
export function ConsumerDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { consumer, changeConsumer, caller } = useApp();
  const [name, setName] = useState(consumer ?? suggestion(caller.name));
  const problem = name === '' ? undefined : namespaceProblem(name);
  const submit = (event: TargetedEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (problem !== undefined) return;
    onClose();
    if (name !== (consumer ?? '')) changeConsumer(name || undefined);
  };
  return (
    <Dialog title="In whose name?" onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Field
          label="Namespace"
          error={problem}
          hint="You see the keys that stores grant to this namespace. Empty: the stores that are yours, with all of their keys."
        >
          {(ties) => <TrimmedInput ties={ties} value={name} onTyped={setName} />}
        </Field>
        <div class="actions">
          <button type="submit" class="primary">
            {name === '' ? 'Work as myself' : `Work as ${name}`}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The namespace of a ServiceAccount. */
function suggestion(user: string): string {
  return /^system:serviceaccount:([^:]+):/.exec(user)?.[1] ?? '';
}
