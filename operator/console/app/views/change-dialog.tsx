import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Problem } from '../api/problem.ts';
import type { StoreApi } from '../api/store-api.ts';
import { useApp } from '../context.ts';
import { bodyOf, NO_VALUE, valueProblem } from '../model/value.ts';
import { DialogActions } from '../parts/dialog-actions.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { onSubmitOf } from '../parts/on-submit.ts';
import { ProblemBox } from '../parts/problem-box.tsx';
import { useTask } from '../parts/use-task.ts';
import { ValueField } from '../parts/value-field.tsx';

export interface ChangeDialogProps {
  readonly api: StoreApi;
  readonly name: string;
  /** The version that one saw. */
  readonly version: string;
  readonly onChange: () => void;
  readonly onClose: () => void;
}

/** A new value for a key, written only while nobody else has changed it. */
export function ChangeDialog({ api, name, version, onChange, onClose }: ChangeDialogProps): JSX.Element {
  const { say, kept } = useApp();
  const [value, setValue] = useState(NO_VALUE);
  const [isTried, setIsTried] = useState(false);
  const { run, isRunning, error, forget } = useTask();
  const save = (): void => {
    setIsTried(true);
    if (valueProblem(value) !== undefined) return;
    run(async () => {
      const written = await api.write(name, bodyOf(value), version);
      kept.forget();
      say(written.unchanged === true ? `${name} has this value already.` : `Changed ${name}.`);
      onChange();
      onClose();
    });
  };
  const isConflict = Problem.is(error, 'VersionConflict');
  return (
    <Dialog title={`Change ${name}`} isDirty={value !== NO_VALUE} onClose={onClose}>
      <form onSubmit={onSubmitOf(save)} noValidate autocomplete="off">
        <ValueField isFirst label="New value" value={value} onChange={setValue} isTried={isTried} />
        {error !== undefined && !isConflict && <ProblemBox error={error} />}
        {isConflict ? (
          <Conflict
            version={version}
            onLook={() => {
              onChange();
              forget();
            }}
          />
        ) : (
          <p class="hint">
            Changes version {version}. Jobs that start from now on get the new value; what becomes of running ones is up
            to their bindings (<code>spec.rotation</code>).
          </p>
        )}
        <DialogActions label={isRunning ? 'Saving…' : 'Save'} isBlocked={isRunning || isConflict} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

/** Somebody was faster. Nothing was written, and nothing typed is lost. */
function Conflict({ version, onLook }: { readonly version: string; readonly onLook: () => void }): JSX.Element {
  return (
    <div class="notice warn" role="alert">
      <Icon name="alert" />
      <div>
        <p>
          <strong>Somebody changed it meanwhile.</strong> It is not version {version} any more, so nothing was written.
          Look who it was under Activity; what you typed stays here.
        </p>
        <button type="button" onClick={onLook}>
          Take the new version, and let me save over it
        </button>
      </div>
    </div>
  );
}
