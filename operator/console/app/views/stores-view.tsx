import type { JSX } from 'preact';
import type { Store } from '../api/answers.ts';
import { listStores } from '../api/store-api.ts';
import { useApp } from '../context.ts';
import { hrefOf } from '../model/route.ts';
import { Heading } from '../parts/heading.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { ReadyPill } from '../parts/status.tsx';
import { useLoad } from '../parts/use-load.ts';

/** The stores whose keys somebody may list. */
export function StoresView(): JSX.Element {
  const { client, consumer } = useApp();
  const { value, error, isLoading, reload } = useLoad(
    (signal) => listStores(client, consumer, signal),
    [client, consumer],
  );
  return (
    <section class="page" aria-busy={isLoading}>
      <div class="title">
        <Heading title="Stores" />
        <button type="button" class="quiet" onClick={reload}>
          <Icon name="refresh" />
          Refresh
        </button>
      </div>
      {error !== undefined && <ProblemBox error={error} onRetry={reload} />}
      {value?.length === 0 && <NoStores />}
      <ul class="stores">
        {value?.map((store) => (
          <li key={`${store.namespace}/${store.name}`}>
            <StoreCard store={store} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function StoreCard({ store }: { readonly store: Store }): JSX.Element {
  const { namespace, name, type, ready, keys, bindings } = store;
  return (
    <article class="card store">
      <h2>
        <a href={hrefOf({ view: 'keys', store, group: '' })}>
          <span class="muted">{namespace} / </span>
          {name}
        </a>
      </h2>
      <ReadyPill ready={ready} />
      <dl class="facts">
        <div>
          <dt>Kept in</dt>
          <dd>{typeText(type)}</dd>
        </div>
        {keys !== undefined && (
          <div>
            <dt>Keys</dt>
            <dd>{keys.toLocaleString('en')}</dd>
          </div>
        )}
        {bindings !== undefined && (
          <div>
            <dt>Bindings</dt>
            <dd>{bindings.toLocaleString('en')}</dd>
          </div>
        )}
      </dl>
      {ready.status !== 'True' && <p class="muted">{ready.message}</p>}
    </article>
  );
}

function NoStores(): JSX.Element {
  const { caller, consumer } = useApp();
  return (
    <div class="empty">
      <Icon name="store" />
      <h2>No store to show</h2>
      {consumer === undefined ? (
        <p>
          {caller.name} may list the keys of no store. If a store grants keys to your namespace, choose it at the top
          right: you then work in its name.
        </p>
      ) : (
        <p>
          No store grants namespace {consumer} any key, or {caller.name} may not list keys there. The owner of a store
          grants them in <code>spec.access</code> of its SecretStoreConfig.
        </p>
      )}
    </div>
  );
}

/** The type of a store in words. */
export function typeText(type: string): string {
  const words: Readonly<Record<string, string>> = {
    kubernetes: 'Kubernetes Secrets',
    vault: 'Vault or OpenBao',
    database: 'Database',
  };
  return words[type] ?? type;
}
