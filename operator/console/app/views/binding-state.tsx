import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Binding, StoreName } from '../api/answers.ts';
import { Problem } from '../api/problem.ts';
import { listBindings } from '../api/store-api.ts';
import { useApp } from '../context.ts';
import type { Draft } from '../model/binding.ts';
import { namespaceProblem } from '../model/names.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { Pill, ReadyPill } from '../parts/status.tsx';
import { useLoad } from '../parts/use-load.ts';

export interface BindingStateProps {
  readonly draft: Draft;
  readonly store: StoreName;
  /** Whether it was taken and so may soon be applied: then it is looked for again and again. */
  readonly isExpected: boolean;
}

const EVERY_MS = 2000;

/** How the binding is in the cluster, and which others of its namespace use the store. */
export function BindingState({ draft: { namespace, name }, store, isExpected }: BindingStateProps): JSX.Element | null {
  if (namespaceProblem(namespace) !== undefined) return null;
  return <State key={namespace} {...{ namespace, name, store, isExpected }} />;
}

interface StateProps extends Pick<BindingStateProps, 'store' | 'isExpected'> {
  readonly namespace: string;
  readonly name: string;
}

function State({ namespace, name, store, isExpected }: StateProps): JSX.Element {
  const { client } = useApp();
  const { value, error, isLoading, reload } = useLoad(
    (signal) => afterPause(client, namespace, signal),
    [client, namespace],
  );
  const own = value?.find((binding) => binding.name === name);
  const isWaiting = isExpected && error === undefined && own?.ready.status !== 'True';
  useEffect(() => {
    if (!isWaiting || isLoading) return undefined;
    const timer = setTimeout(reload, EVERY_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [isWaiting, isLoading]);
  return (
    <div class="card">
      <div class="title">
        <h2>In namespace {namespace}</h2>
        <button type="button" class="quiet small" onClick={reload}>
          <Icon name="refresh" />
          Look again
        </button>
      </div>
      {error !== undefined && <Unseen error={error} onRetry={reload} />}
      {value !== undefined && name !== '' && <Own own={own} name={name} isWaiting={isWaiting} />}
      <Others bindings={value?.filter((binding) => binding.name !== name && isOf(binding, store)) ?? []} />
    </div>
  );
}

function Others({ bindings }: { readonly bindings: readonly Binding[] }): JSX.Element | null {
  if (bindings.length === 0) return null;
  return (
    <>
      <h3>Other bindings to this store</h3>
      <ul class="bindings">
        {bindings.map((binding) => (
          <li key={binding.name}>
            <span class="mono grow">{binding.name}</span>
            <ReadyPill ready={binding.ready} />
          </li>
        ))}
      </ul>
    </>
  );
}

const PAUSE_MS = 300;

/** Not for each letter of a namespace's name. */
async function afterPause(
  client: Parameters<typeof listBindings>[0],
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Binding[]> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  signal.throwIfAborted();
  return listBindings(client, namespace, signal);
}

interface OwnProps {
  readonly own: Binding | undefined;
  readonly name: string;
  readonly isWaiting: boolean;
}

function Own({ own, name, isWaiting }: OwnProps): JSX.Element {
  return (
    <div role="status" class="own-binding">
      <p>
        <span class="mono">{name}</span>{' '}
        {own === undefined ? (
          <Pill tone="plain">{isWaiting ? 'Waiting for it to be applied' : 'Not applied'}</Pill>
        ) : (
          <ReadyPill ready={own.ready} />
        )}
      </p>
      {own !== undefined && <p class="muted">{own.ready.message}</p>}
      {own !== undefined && own.applications > 0 && (
        <p class="muted">
          {own.applications} running application{own.applications === 1 ? '' : 's'}
        </p>
      )}
    </div>
  );
}

function Unseen({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }): JSX.Element {
  if (!(error instanceof Problem) || error.status !== 403) return <ProblemBox error={error} onRetry={onRetry} />;
  return (
    <p class="muted">
      You may not list bindings there, so their state can not be shown: <code>kubectl get sjsb</code> tells it.
    </p>
  );
}

function isOf({ store }: Binding, { namespace, name }: StoreName): boolean {
  return store.namespace === namespace && store.name === name;
}
