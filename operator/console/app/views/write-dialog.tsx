import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { StoreInFull, StoreName } from '../api/answers.ts';
import { Problem } from '../api/problem.ts';
import type { StoreApi } from '../api/store-api.ts';
import { useApp } from '../context.ts';
import { isGranted } from '../model/grants.ts';
import { beginningIn, keyProblem } from '../model/path.ts';
import { hrefOf } from '../model/route.ts';
import { bodyOf, NO_VALUE, valueProblem } from '../model/value.ts';
import { DialogActions } from '../parts/dialog-actions.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { onSubmitOf } from '../parts/on-submit.ts';
import { ProblemBox } from '../parts/problem-box.tsx';
import { TrimmedInput } from '../parts/trimmed-input.tsx';
import { useTask } from '../parts/use-task.ts';
import { ValueField } from '../parts/value-field.tsx';

export interface WriteDialogProps {
  readonly store: StoreName;
  readonly api: StoreApi;
  readonly about: StoreInFull;
  /** The folder that a new key is likely for. */
  readonly group: string;
  readonly onClose: () => void;
}

/** A new key. It is never written over one that is there. */
export function WriteDialog({ store, api, about, group, onClose }: WriteDialogProps): JSX.Element {
  const app = useApp();
  const [key, setKey] = useState(beginningIn(group));
  const [value, setValue] = useState(NO_VALUE);
  const [isTried, setIsTried] = useState(false);
  const { run, isRunning, error } = useTask();
  const problem = keyProblem(key) ?? notGranted(key, about, app.consumer);
  const add = (): void => {
    setIsTried(true);
    if (problem !== undefined || valueProblem(value) !== undefined) return;
    run(async () => {
      await api.write(key, bodyOf(value), null);
      app.kept.forget();
      app.say(`Added ${key}.`);
      onClose();
      location.hash = hrefOf({ view: 'key', store, key });
    });
  };
  return (
    <Dialog title="Add a key" isDirty={value !== NO_VALUE} onClose={onClose}>
      <form onSubmit={onSubmitOf(add)} noValidate autocomplete="off">
        <KeyField value={key} problem={isTried ? problem : undefined} onChange={setKey} />
        <ValueField label="Value" value={value} onChange={setValue} isTried={isTried} />
        {error !== undefined && <NotAdded error={error} href={hrefOf({ view: 'key', store, key })} />}
        <DialogActions label={isRunning ? 'Adding…' : 'Add key'} isBlocked={isRunning} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

interface KeyFieldProps {
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (key: string) => void;
}

function KeyField({ value, problem, onChange }: KeyFieldProps): JSX.Element {
  return (
    <Field label="Key" hint="Folders are set apart by slashes: orders/DB_PASSWORD." error={problem}>
      {(ties) => <TrimmedInput ties={ties} class="mono" value={value} autofocus onTyped={onChange} />}
    </Field>
  );
}

function NotAdded({ error, href }: { readonly error: unknown; readonly href: string }): JSX.Element {
  if (!Problem.is(error, 'VersionConflict')) return <ProblemBox error={error} />;
  return (
    <div class="notice warn" role="alert">
      <Icon name="alert" />
      <p>
        There is such a key already. <a href={href}>Open it</a> to change its value, or choose another name.
      </p>
    </div>
  );
}

function notGranted(key: string, { grants, namespace }: StoreInFull, consumer: string | undefined): string | undefined {
  if (consumer === undefined || consumer === namespace || isGranted(grants, consumer, key) !== 'no') return undefined;
  return `The store does not grant this key to ${consumer}: only ${grants.flatMap(({ keys }) => keys).join(', ')}.`;
}
