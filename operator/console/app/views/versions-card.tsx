import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PastVersion } from '../api/answers.ts';
import { Problem } from '../api/problem.ts';
import { useApp } from '../context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { Pill } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';
import { useLoad } from '../parts/use-load.ts';
import { useTask } from '../parts/use-task.ts';
import type { KeyViewProps } from './key-view.tsx';

export interface VersionsCardProps extends KeyViewProps {
  readonly version: string;
  /** Changes when there may be another version. */
  readonly turn: number;
  readonly onChange: () => void;
}

/** Earlier versions, where the store keeps them, and the way back to one. */
export function VersionsCard(props: VersionsCardProps): JSX.Element {
  const { api, about, name, turn } = props;
  const { value, error, reload } = useLoad((signal) => api.versions(name, signal), [api, name, turn]);
  const [wanted, setWanted] = useState<PastVersion>();
  const mayRollBack = about.may.includes('update');
  return (
    <div class="card">
      <h2>Versions</h2>
      {Problem.is(error, 'NoHistory') ? (
        <p class="muted">This store keeps no earlier values.</p>
      ) : (
        error !== undefined && <ProblemBox error={error} onRetry={reload} />
      )}
      <ol class="versions">
        {value?.map((each) => (
          <li key={each.version}>
            <span>
              <strong>{each.version}</strong> {each.createdAt !== undefined && <Time at={each.createdAt} />}
            </span>
            {each.current && <Pill tone="good">current</Pill>}
            {!each.current && mayRollBack && (
              <button
                type="button"
                class="quiet small"
                aria-label={`Roll back to version ${each.version}`}
                onClick={() => {
                  setWanted(each);
                }}
              >
                <Icon name="undo" />
                Roll back
              </button>
            )}
          </li>
        ))}
      </ol>
      {wanted !== undefined && (
        <RollBackDialog
          {...props}
          wanted={wanted}
          onClose={() => {
            setWanted(undefined);
          }}
        />
      )}
    </div>
  );
}

interface RollBackDialogProps extends VersionsCardProps {
  readonly wanted: PastVersion;
  readonly onClose: () => void;
}

function RollBackDialog({ api, name, version, wanted, onChange, onClose }: RollBackDialogProps): JSX.Element {
  const { say, kept } = useApp();
  const { run, isRunning, error } = useTask();
  const rollBack = (): void => {
    run(async () => {
      await api.rollBack(name, wanted.version, version);
      kept.forget();
      say(`${name} has the value of version ${wanted.version} again.`);
      onChange();
      onClose();
    });
  };
  const isConflict = Problem.is(error, 'VersionConflict');
  return (
    <Dialog title={`Roll back to version ${wanted.version}?`} onClose={onClose}>
      <p>
        <span class="mono">{name}</span> gets the value of version {wanted.version} as a new version. Version {version}{' '}
        stays among the earlier ones.
      </p>
      {isConflict && (
        <div class="notice warn" role="alert">
          <Icon name="alert" />
          <p>
            <strong>Somebody changed it meanwhile.</strong> It is not version {version} any more, so nothing was
            written.
          </p>
          <button
            type="button"
            onClick={() => {
              onChange();
              onClose();
            }}
          >
            Look again
          </button>
        </div>
      )}
      {error !== undefined && !isConflict && <ProblemBox error={error} />}
      <div class="actions">
        <button type="button" class="primary" disabled={isRunning || isConflict} onClick={rollBack}>
          {isRunning ? 'Rolling back…' : 'Roll back'}
        </button>
        <button type="button" onClick={onClose} autofocus>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
