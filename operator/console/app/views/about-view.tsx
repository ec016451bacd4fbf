import type { JSX } from 'preact';
import type { Grant, StoreInFull, Verb } from '../api/answers.ts';
import { useApp } from '../context.ts';
import { Heading } from '../parts/heading.tsx';
import { Icon } from '../parts/icon.tsx';
import { Pill, ReadyPill } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';
import type { StoreViewProps } from './store-frame.tsx';
import { typeText } from './stores-view.tsx';

const VERBS: Readonly<Record<Verb, string>> = {
  list: 'list keys',
  get: 'reveal values',
  create: 'add keys',
  update: 'change values',
  delete: 'delete keys',
};

/** How a store is, what one may do with it, and whom it grants what. */
export function AboutView({ about, onRefresh }: StoreViewProps): JSX.Element {
  return (
    <section>
      <div class="title">
        <Heading title="Store" />
        <button type="button" class="quiet" onClick={onRefresh}>
          <Icon name="refresh" />
          Refresh
        </button>
      </div>
      <Health about={about} />
      <div class="card">
        <h2>What you may do</h2>
        <p class="pills">
          {(Object.keys(VERBS) as Verb[]).map((verb) => (
            <Pill key={verb} tone={about.may.includes(verb) ? 'good' : 'plain'}>
              {about.may.includes(verb) ? '' : 'not '}
              {VERBS[verb]}
            </Pill>
          ))}
        </p>
      </div>
      <Grants about={about} />
    </section>
  );
}

function Health({
  about: { type, ready, keys, bindings, lastCheckTime },
}: {
  readonly about: StoreInFull;
}): JSX.Element {
  return (
    <div class="card">
      <h2>Health</h2>
      <p>
        <ReadyPill ready={ready} />
      </p>
      <p>{ready.message}</p>
      <dl class="facts">
        <div>
          <dt>Kept in</dt>
          <dd>{typeText(type)}</dd>
        </div>
        <div>
          <dt>Keys</dt>
          <dd>{keys?.toLocaleString('en') ?? 'not known'}</dd>
        </div>
        <div>
          <dt>Bindings</dt>
          <dd>{bindings?.toLocaleString('en') ?? 'not known'}</dd>
        </div>
        {lastCheckTime !== undefined && (
          <div>
            <dt>Found so</dt>
            <dd>
              <Time at={lastCheckTime} />
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}

function Grants({ about: { grants, namespace } }: { readonly about: StoreInFull }): JSX.Element {
  const { consumer } = useApp();
  return (
    <div class="card">
      <h2>{consumer === undefined ? 'Who else may use its keys' : `Keys granted to ${consumer}`}</h2>
      {consumer === namespace && <p>The store is in this namespace: all of its keys are granted.</p>}
      {grants.length === 0 && consumer === undefined && (
        <p>
          Nobody: only namespace {namespace} itself. Grants are <code>spec.access</code> of the SecretStoreConfig.
        </p>
      )}
      <ul class="grants">
        {grants.map((grant, at) => (
          <li key={at}>
            <p class="pills">
              {grant.keys.map((glob) => (
                <code key={glob}>{glob}</code>
              ))}
            </p>
            {grant.namespaces !== undefined && <p class="muted">for {whom(grant)}</p>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function whom({ namespaces }: Grant): string {
  const labels = Object.entries(namespaces?.selector?.matchLabels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    ...(namespaces?.matchNames ?? []).map((name) => `namespace ${name}`),
    ...(labels.length === 0 ? [] : [`namespaces with ${labels.join(', ')}`]),
  ].join(', ');
}
