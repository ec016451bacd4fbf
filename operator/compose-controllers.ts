import { certificateReconcilers, targetOf } from './compose-certificates.ts';
import type { Role } from './config.ts';
import { MissedInjectionReconciler } from './controllers/missed-injection/reconciler.ts';
import { RestartReconciler } from './controllers/rotation-restart/reconciler.ts';
import { StoreReconciler } from './controllers/secret-store-config/reconciler.ts';
import { RunReconciler } from './controllers/spark-application-run/reconciler.ts';
import { BindingReconciler } from './controllers/spark-job-secret-binding/reconciler.ts';
import { COUNT_LAG_MS, type Beside } from './watched-kinds.ts';
import { FollowedSecrets } from './followed-secrets.ts';
import { NamespaceReferences } from './namespace-references.ts';
import { controllerNews } from './news.ts';
import type { Reconciling } from './program.ts';
import { Controller } from './runtime/controller.ts';
import { EventRecorder } from './runtime/events.ts';
import { leaseCounts } from './lease-counts.ts';
import { LeaderElection } from './runtime/leader-election.ts';
import { OwnWrites } from './runtime/own-writes.ts';
import { requestFromKey, type Reconciler } from './runtime/reconciler.ts';
import { StoreCache, type StoreCacheOptions } from './stores/cache.ts';
import { storeOpener } from './stores/registry.ts';
import { CoverageKeeper } from './webhook/coverage-keeper.ts';
import type { Parts } from './compose.ts';

/** The controllers, by what they keep. */
export type Controllers = Readonly<
  Record<
    'bindings' | 'runs' | 'restarts' | 'missed' | 'stores' | 'coverage' | 'certificates' | 'authorities',
    Controller
  >
>;

/** How many bindings are reconciled at once. Most of a run is waiting for the API server. */
const BINDINGS_AT_ONCE = 16;

export function createReconciling(
  parts: Parts,
  onStartedLeading: () => void,
  onFatal: (reason: string) => void,
): Reconciling & Beside & { readonly cache: StoreCache } {
  const { config, client, logger } = parts;
  const election = new LeaderElection({
    client,
    namespace: config.namespace,
    leaseName: config.leaseName,
    identity: config.identity,
    onStartedLeading,
    onStoppedLeading: () => {
      onFatal('lost the lease');
    },
    onError: (err) => {
      logger.warn({ err }, 'lease not written, trying again');
    },
  });
  return { ...createControllers(parts), election };
}

function createControllers(parts: Parts): Omit<Reconciling, 'election'> & Beside & { readonly cache: StoreCache } {
  const { config, logger, client, watches, metrics } = parts;
  const events = new EventRecorder({
    client,
    component: 'spark-secrets-operator',
    instance: config.identity,
    onError: (err) => {
      logger.warn({ err }, 'event not written');
    },
  });
  const cache = createCache(parts, {
    onChange: (readers) => {
      for (const reader of readers) bindings.enqueue(requestFromKey(reader));
    },
    onPush: (store) => {
      controllers.stores.enqueueAfter(requestFromKey(store), COUNT_LAG_MS);
    },
  });
  const coverage = createCoverage(parts, (namespaces) => {
    for (const namespace of namespaces)
      for (const { metadata } of watches.bindings.list(namespace)) bindings.enqueue({ namespace, name: metadata.name });
  });
  const now = (): Date => new Date();
  const ownWrites = new OwnWrites();
  const sources = { ...watches, cache, coverage };
  const { scope } = watches;
  const ofCertificates = certificateReconcilers(parts);
  const bindings = controller(
    parts,
    'sparkjobsecretbinding',
    scope.guard(new BindingReconciler({ client, sources, events, ownWrites, now })),
    BINDINGS_AT_ONCE,
  );
  const controllers = {
    bindings,
    runs: controller(parts, 'sparkapplicationrun', scope.guard(new RunReconciler({ client, sources, events }))),
    restarts: controller(parts, 'rotationrestart', new RestartReconciler({ client, sources, events, now }), 1),
    missed: controller(parts, 'missedinjection', scope.guard(createMissed(parts, { events, coverage })), 1),
    stores: controller(parts, 'secretstoreconfig', scope.guard(new StoreReconciler({ client, sources, events, now }))),
    coverage: controller(parts, 'coverage', coverage, 1),
    certificates: controller(parts, 'certificates', ofCertificates.certificates, 1),
    authorities: controller(parts, 'authorities', ofCertificates.authorities, 1),
  };
  for (const each of Object.values(controllers)) metrics.watchQueue(each.name, () => each.size);
  metrics.watchLeases(() => leaseCounts(watches.runs.list()));
  return { controllers, cache, events, ownWrites };
}

function createMissed(
  { client, watches, metrics }: Parts,
  { events, coverage }: { readonly events: EventRecorder; readonly coverage: CoverageKeeper },
): MissedInjectionReconciler {
  return new MissedInjectionReconciler({
    client,
    sources: { ...watches, coverage },
    events,
    onMissed: () => {
      metrics.missedInjection();
    },
  });
}

function controller(parts: Parts, name: string, reconciler: Reconciler, concurrency = 4): Controller {
  return new Controller({ name, reconciler, concurrency, ...controllerNews(name, parts) });
}

/** Without listeners: for single keys alone, of which nobody is a reader. */
export function createCache(
  { config, connection, client, metrics }: Parts<Role>,
  listeners: Pick<StoreCacheOptions, 'onChange' | 'onPush'> = { onChange: () => undefined },
): StoreCache {
  const { namespace: own, serviceAccount, identityNamespaces: allowedNamespaces } = config;
  const identity = { namespace: own, serviceAccount, allowedNamespaces };
  const cache = new StoreCache({
    open: storeOpener({
      secretAccess: (namespace, secretName) => new FollowedSecrets({ connection, client, namespace, secretName }),
      references: (namespace) => new NamespaceReferences({ client, namespace, identity }),
    }),
    ...listeners,
    onRequest: (store, operation, ok) => {
      metrics.storeRequest(store, operation, ok ? 'success' : 'error');
    },
    onClose: (namespace, store) => {
      metrics.forgetStore(namespace, store);
    },
  });
  metrics.watchStores(() => cache.states());
  return cache;
}

function createCoverage(parts: Parts, onChange: (namespaces: readonly string[]) => void): CoverageKeeper {
  const { config, client, watches, certificates, logger } = parts;
  return new CoverageKeeper({
    client,
    configurationName: config.webhookConfiguration,
    configurations: watches.configuration,
    view: certificates,
    bindings: watches.bindings,
    scope: watches.scope,
    ownNamespace: config.namespace,
    target: targetOf(config),
    logger,
    onChange,
  });
}
