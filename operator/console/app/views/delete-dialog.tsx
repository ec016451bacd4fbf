import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { StoreName, Usage } from '../api/answers.ts';
import { Problem } from '../api/problem.ts';
import type { StoreApi } from '../api/store-api.ts';
import { useApp } from '../context.ts';
import { folderOf } from '../model/path.ts';
import { hrefOf } from '../model/route.ts';
import { DialogActions } from '../parts/dialog-actions.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { onSubmitOf } from '../parts/on-submit.ts';
import { ProblemBox } from '../parts/problem-box.tsx';
import { TrimmedInput } from '../parts/trimmed-input.tsx';
import { useLoad } from '../parts/use-load.ts';
import { useTask } from '../parts/use-task.ts';

export interface DeleteDialogProps {
  readonly store: StoreName;
  readonly api: StoreApi;
  readonly name: string;
  readonly version: string;
  /** There is another version than this. */
  readonly onChange: () => void;
  readonly onClose: () => void;
}

/** Deletes a key. While a running application uses it, only for somebody who writes its name. */
export function DeleteDialog({ store, api, name, version, onChange, onClose }: DeleteDialogProps): JSX.Element {
  const { say, kept } = useApp();
  const { value: usage, error: unknown, reload } = useLoad((signal) => api.usage(name, signal), [api, name]);
  const [typed, setTyped] = useState('');
  const { run, isRunning, error } = useTask();
  const isInUse = isUsed(usage, error);
  const isBlocked =
    usage === undefined || isRunning || Problem.is(error, 'VersionConflict') || (isInUse && typed !== name);
  const remove = (): void => {
    if (isBlocked) return;
    run(async () => {
      await api.remove(name, { ifVersion: version, force: isInUse }).catch((reason: unknown) => {
        if (Problem.is(reason, 'VersionConflict')) onChange();
        throw reason;
      });
      kept.forget();
      say(`Deleted ${name}.`);
      onClose();
      location.hash = hrefOf({ view: 'keys', store, group: folderOf(name) });
    });
  };
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose}>
      <form onSubmit={onSubmitOf(remove)} noValidate>
        {unknown !== undefined && <ProblemBox error={unknown} onRetry={reload} />}
        {usage !== undefined && <Consequences usage={usage} isInUse={isInUse} />}
        {error !== undefined && <NotDeleted error={error} />}
        {isInUse && <Confirmation name={name} value={typed} onChange={setTyped} />}
        <DialogActions
          isDangerous
          isCareful
          label={labelOf(isRunning, isInUse)}
          {...{ isBlocked }}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}

/** The operator may know of an application that started this very moment, or that a consumer can't see. */
function isUsed(usage: Usage | undefined, error: unknown): boolean {
  return (usage?.applications.length ?? 0) > 0 || Problem.is(error, 'InUse');
}

function labelOf(isRunning: boolean, isInUse: boolean): string {
  if (isRunning) return 'Deleting…';
  return isInUse ? 'Delete although it is in use' : 'Delete key';
}

interface ConfirmationProps {
  readonly name: string;
  readonly value: string;
  readonly onChange: (typed: string) => void;
}

function Confirmation({ name, value, onChange }: ConfirmationProps): JSX.Element {
  return (
    <Field label={`Write ${name} to delete it all the same`}>
      {(ties) => <TrimmedInput ties={ties} class="mono" value={value} onTyped={onChange} />}
    </Field>
  );
}

function Consequences({
  usage: { bindings, applications },
  isInUse,
}: {
  readonly usage: Usage;
  readonly isInUse: boolean;
}): JSX.Element {
  if (bindings.length === 0 && !isInUse) return <p>No binding uses it.</p>;
  return (
    <div class={isInUse ? 'notice bad' : 'notice warn'}>
      <Icon name="alert" />
      <div>
        {applications.length > 0 && (
          <>
            <p>
              <strong>Running applications use it:</strong>
            </p>
            <Names of={applications.map(({ namespace, name, driver }) => `${namespace} / ${name} (${driver})`)} />
          </>
        )}
        {bindings.length > 0 && (
          <>
            <p>Without it these bindings are not ready, and new jobs of theirs are refused:</p>
            <Names of={bindings.map(({ namespace, name }) => `${namespace} / ${name}`)} />
          </>
        )}
      </div>
    </div>
  );
}

const MOST_NAMES = 8;

function Names({ of }: { readonly of: readonly string[] }): JSX.Element {
  return (
    <ul>
      {of.slice(0, MOST_NAMES).map((name) => (
        <li key={name}>{name}</li>
      ))}
      {of.length > MOST_NAMES && <li>and {of.length - MOST_NAMES} more</li>}
    </ul>
  );
}

/** What the operator says, in words for this dialog where it speaks of the API. */
const WHY: Readonly<Record<string, string>> = {
  VersionConflict: 'somebody changed it meanwhile, so it was not deleted. Close this, and look at it again.',
  InUse: 'an application that you do not see here uses it, or has just started to: it was not deleted.',
};

function NotDeleted({ error }: { readonly error: unknown }): JSX.Element {
  const why = error instanceof Problem ? WHY[error.code ?? ''] : undefined;
  return <ProblemBox error={why === undefined ? error : new Error(why)} />;
}
