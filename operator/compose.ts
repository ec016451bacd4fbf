import type { KubeConfig } from '@kubernetes/client-node';
import { bindingViews } from './binding-views.ts';
import type { Config } from './config.ts';
import { createPage } from './console/page.ts';
import { MissedInjectionReconciler } from './controllers/missed-injection/reconciler.ts';
import { RestartReconciler } from './controllers/rotation-restart/reconciler.ts';
import { StoreReconciler } from './controllers/secret-store-config/reconciler.ts';
import { RunReconciler } from './controllers/spark-application-run/reconciler.ts';
import { BindingReconciler } from './controllers/spark-job-secret-binding/reconciler.ts';
import { COUNT_LAG_MS, watchedKinds } from './watched-kinds.ts';
import { FollowedSecrets } from './followed-secrets.ts';
import { createApiRoutes } from './http/api-routes.ts';
import { AuditTrail } from './http/audit.ts';
import { createCallers } from './http/callers.ts';
import { RefreshNote } from './http/refresh-note.ts';
import { ApiServer } from './http/server.ts';
import { decide } from './injection/decide.ts';
import { NamespaceReferences } from './namespace-references.ts';
import { controllerNews, watchNews } from './news.ts';
import { Program } from './program.ts';
import { Controller } from './runtime/controller.ts';
import { EventRecorder } from './runtime/events.ts';
import { leaseCounts } from './lease-counts.ts';
import { HttpKubeClient, type KubeClient } from './runtime/kube-client.ts';
import { KubeConnection } from './runtime/kube-connection.ts';
import { LeaderElection } from './runtime/leader-election.ts';
import { requestFromKey, type Reconciler } from './runtime/reconciler.ts';
import { SparkSecretsOperator } from './operator.ts';
import { keyFilter } from './stores/access.ts';
import { StoreCache, type StoreCacheOptions } from './stores/cache.ts';
import { storeOpener } from './stores/registry.ts';
import { HealthServer } from './telemetry/health.ts';
import { createLogger, stringLogger, type Logger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { createWatches, type Watches } from './watches.ts';
import { Admission } from './webhook/admission.ts';
import { apiAddress } from './webhook/api-address.ts';
import { CertificateKeeper } from './webhook/certificate-keeper.ts';
import { decodeSecret } from './webhook/certificate-secret.ts';
import { SECRET_KEYS } from './webhook/certificate-state.ts';
import { CoverageKeeper } from './webhook/coverage-keeper.ts';
import { WebhookServer } from './webhook/server.ts';
import { servingNames, type WebhookTarget } from './webhook/serving-names.ts';

/** What everything is built from. */
interface Parts {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly connection: KubeConnection;
  readonly client: KubeClient;
  readonly watches: Watches;
}

/** The controllers, by what they keep. */
export type Controllers = Readonly<
  Record<'bindings' | 'runs' | 'restarts' | 'missed' | 'stores' | 'coverage' | 'certificates', Controller>
>;

/** How many bindings are reconciled at once. Most of a run is waiting for the API server. */
const BINDINGS_AT_ONCE = 16;

/**
 * Builds every object of the program once and hands it to the next. `onFatal` is called when the process must end: it
 * no longer leads.
 */
export function compose(config: Config, kubeConfig: KubeConfig, onFatal: (reason: string) => void): Program {
  const logger = createLogger({ level: config.logLevel });
  const metrics = new Metrics();
  const connection = new KubeConnection(kubeConfig);
  const client = new HttpKubeClient(connection);
  const watches = createWatches({ ...config, connection, ...watchNews(logger) });
  metrics.watchNamespaces(() => watches.scope.states());
  const parts: Parts = { config, logger, metrics, connection, client, watches };
  const { controllers, cache, events } = createControllers(parts);
  const api = createApi(parts, cache, () => election.leading);
  const webhook = createWebhook(parts, api);
  const operator = new SparkSecretsOperator(watchedKinds(watches, controllers, config, cache), stringLogger(logger));
  const health = new HealthServer({ port: config.healthPort, metrics });
  const election = new LeaderElection({
    client,
    namespace: config.namespace,
    leaseName: config.leaseName,
    identity: config.identity,
    onStartedLeading: () => {
      program.lead();
    },
    onStoppedLeading: () => {
      onFatal('lost the lease');
    },
    onError: (err) => {
      logger.warn({ err }, 'lease not written, trying again');
    },
  });
  const program = new Program({
    logger,
    metrics,
    connection,
    watches,
    controllers,
    cache,
    events,
    webhook,
    api,
    operator,
    health,
    election,
  });
  return program;
}

function createControllers(parts: Parts): { controllers: Controllers; cache: StoreCache; events: EventRecorder } {
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
  const sources = { ...watches, cache, coverage };
  const { scope } = watches;
  const bindings = controller(
    parts,
    'sparkjobsecretbinding',
    scope.guard(new BindingReconciler({ client, sources, events, now })),
    BINDINGS_AT_ONCE,
  );
  const controllers = {
    bindings,
    runs: controller(parts, 'sparkapplicationrun', scope.guard(new RunReconciler({ client, sources, events }))),
    restarts: controller(parts, 'rotationrestart', new RestartReconciler({ client, sources, events, now }), 1),
    missed: controller(parts, 'missedinjection', scope.guard(createMissed(parts, { events, coverage })), 1),
    stores: controller(parts, 'secretstoreconfig', scope.guard(new StoreReconciler({ client, sources, events, now }))),
    coverage: controller(parts, 'coverage', coverage, 1),
    certificates: controller(parts, 'certificates', createCertificates(parts), 1),
  };
  for (const each of Object.values(controllers)) metrics.watchQueue(each.name, () => each.size);
  return { controllers, cache, events };
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

function createCache(
  { config, connection, client, metrics, watches }: Parts,
  listeners: Pick<StoreCacheOptions, 'onChange' | 'onPush'>,
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
  metrics.watchLeases(() => leaseCounts(watches.runs.list()));
  return cache;
}

function createCoverage(parts: Parts, onChange: (namespaces: readonly string[]) => void): CoverageKeeper {
  const { config, client, watches, logger } = parts;
  return new CoverageKeeper({
    client,
    configurationName: config.webhookConfiguration,
    configurations: watches.configuration,
    secrets: watches.certificate,
    secret: { namespace: config.namespace, name: config.certificateSecret },
    bindings: watches.bindings,
    scope: watches.scope,
    ownNamespace: config.namespace,
    target: targetOf(config),
    logger,
    onChange,
  });
}

function createCertificates({ config, client, watches, logger }: Parts): CertificateKeeper {
  return new CertificateKeeper({
    client,
    secrets: watches.certificate,
    configurations: watches.configuration,
    configurationName: config.webhookConfiguration,
    names: servingNames(targetOf(config)),
    logger,
  });
}

function createWebhook({ config, watches, metrics, logger }: Parts, api: ApiServer): WebhookServer {
  const address = apiAddress({
    target: targetOf(config),
    port: () => config.apiPort || api.port,
    secret: { namespace: config.namespace, name: config.certificateSecret },
    secrets: watches.certificate,
  });
  const { operatorImage } = config;
  const admission = new Admission({
    decide: (pod, views, newRun) => decide(pod, views, newRun, { operatorImage, api: address() }),
    views: bindingViews(watches.bindings, watches.secrets),
    scope: watches.scope,
    onDone: (outcome, ms) => {
      metrics.admitted(outcome, ms);
    },
  });
  const server = new WebhookServer({
    port: config.webhookPort,
    admission,
    logger,
    onCertificate: (notAfter) => {
      metrics.setCertificateEnd(notAfter);
    },
  });
  watches.certificate.subscribe((secret) => {
    // Before the first leader made the certificates the Secret is there, and empty.
    if (secret.data === undefined) return;
    const text = decodeSecret(secret);
    const { [SECRET_KEYS.serving]: cert = '', [SECRET_KEYS.servingKey]: key = '' } = text;
    if (server.useCertificate(cert, key)) api.useCertificate(cert, key);
  });
  return server;
}

function createApi({ config, client, watches, logger }: Parts, cache: StoreCache, isLeading: () => boolean): ApiServer {
  const callers = createCallers(client);
  const audit = new AuditTrail(logger);
  const note = new RefreshNote({
    client,
    isLeading,
    onError: (err) => {
      logger.warn({ err }, 'leader not told of a write, it will find it by itself');
    },
  });
  const views = bindingViews(watches.bindings, watches.secrets);
  const routes = createApiRoutes({
    callers,
    client,
    audit,
    desk: cache.desk,
    sources: { ...watches, views, grants: keyFilter },
    patch: { operatorImage: config.operatorImage },
    onWrite: (store) => {
      note.wrote(store);
    },
  });
  const needed = [watches.bindings, watches.secrets, watches.stores, watches.namespaces, watches.drivers];
  const isReady = (): boolean => needed.every(({ synced }) => synced);
  const page = createPage(config.consoleFolder);
  const { scope } = watches;
  return new ApiServer({ port: config.apiPort, callers, audit, routes, logger, isReady, scope, page });
}

function targetOf({ webhookUrl, namespace, webhookService, clusterDomain }: Config): WebhookTarget {
  if (webhookUrl !== undefined) return { kind: 'url', url: webhookUrl };
  return { kind: 'service', namespace, name: webhookService, clusterDomain };
}
