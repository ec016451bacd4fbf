import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { StoreInFull, StoreName } from '../api/answers.ts';
import { StoreApi } from '../api/store-api.ts';
import { useApp } from '../context.ts';
import { hrefOf, type Route } from '../model/route.ts';
import { Heading } from '../parts/heading.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { ReadyPill } from '../parts/status.tsx';
import { useLoad } from '../parts/use-load.ts';
import { AboutView } from './about-view.tsx';
import { AuditView } from './audit-view.tsx';
import { KeyView } from './key-view.tsx';
import { KeysView } from './keys-view.tsx';
import { UseView } from './use-view.tsx';

/** What the views of a store are given. */
export interface StoreViewProps {
  readonly store: StoreName;
  readonly api: StoreApi;
  readonly about: StoreInFull;
  /** Asks for `about` anew. */
  readonly onRefresh: () => void;
}

export type StoreRoute = Extract<Route, { readonly store: StoreName }>;

/** A store: its name and state, the ways to its views, and one of them. */
export function StoreFrame({ route }: { readonly route: StoreRoute }): JSX.Element {
  const { client, consumer } = useApp();
  const { store } = route;
  const api = useMemo(() => new StoreApi(client, store, consumer), [client, consumer, store.namespace, store.name]);
  const { value: about, error, reload } = useLoad((signal) => api.about(signal), [api]);
  return (
    <>
      <StoreBar route={route} about={about} />
      <div class="page">
        {error !== undefined && (
          <>
            {about === undefined && <Heading title={store.name} />}
            <ProblemBox error={error} onRetry={reload} />
          </>
        )}
        {about !== undefined && about.ready.status === 'False' && route.view !== 'about' && <Unwell about={about} />}
        {about !== undefined && <View {...{ route, api, about, onRefresh: reload }} />}
      </div>
    </>
  );
}

function View({ route, ...more }: { readonly route: StoreRoute } & Omit<StoreViewProps, 'store'>): JSX.Element {
  const props = { ...more, store: route.store };
  switch (route.view) {
    case 'keys':
      return <KeysView key={route.group} {...props} group={route.group} />;
    case 'key':
      return <KeyView key={route.key} {...props} name={route.key} />;
    case 'use':
      return <UseView {...props} />;
    case 'audit':
      return <AuditView {...props} />;
    case 'about':
      return <AboutView {...props} />;
  }
}

function StoreBar({
  route,
  about,
}: {
  readonly route: StoreRoute;
  readonly about: StoreInFull | undefined;
}): JSX.Element {
  const { store, view } = route;
  const { workOf } = useApp();
  const picked = workOf(store).picked.length;
  const tabs: readonly [StoreRoute, string, IconName, boolean][] = [
    [{ view: 'keys', store, group: '' }, 'Keys', 'key', view === 'keys' || view === 'key'],
    [{ view: 'use', store }, picked === 0 ? 'Use in a job' : `Use in a job (${picked})`, 'job', view === 'use'],
    [{ view: 'audit', store }, 'Audit', 'log', view === 'audit'],
    [{ view: 'about', store }, 'Store', 'store', view === 'about'],
  ];
  return (
    <div class="store-bar">
      <div class="store-name">
        <a href={hrefOf({ view: 'stores' })}>Stores</a>
        <span aria-hidden="true">/</span>
        <strong>
          {store.namespace} / {store.name}
        </strong>
        {about !== undefined && <ReadyPill ready={about.ready} />}
      </div>
      <nav class="tabs" aria-label="Views of the store">
        {tabs.map(([to, text, icon, isHere]) => (
          <a key={to.view} href={hrefOf(to)} aria-current={isHere ? 'page' : undefined}>
            <Icon name={icon} />
            {text}
          </a>
        ))}
      </nav>
    </div>
  );
}

/** A store that does not work is told on each of its views. */
function Unwell({ about: { ready } }: { readonly about: StoreInFull }): JSX.Element {
  return (
    <div class="notice warn">
      <Icon name="alert" />
      <p>
        <strong>{ready.reason}.</strong> {ready.message}
      </p>
    </div>
  );
}
