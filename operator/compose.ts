import type { KubeConfig } from '@kubernetes/client-node';
import { bindingViews } from './binding-views.ts';
import type { Config, Role } from './config.ts';
import { createPage } from './console/page.ts';
import { readKinds, watchedKinds } from './watched-kinds.ts';
import { createApiRoutes } from './http/api-routes.ts';
import { AuditTrail } from './http/audit.ts';
import { createCallers } from './http/callers.ts';
import { RefreshNote } from './http/refresh-note.ts';
import { ApiServer } from './http/server.ts';
import { decide } from './injection/decide.ts';
import { watchNews } from './news.ts';
import { Program } from './program.ts';
import { HttpKubeClient, type KubeClient } from './runtime/kube-client.ts';
import { KubeConnection } from './runtime/kube-connection.ts';
import { SparkSecretsOperator } from './operator.ts';
import { keyFilter } from './stores/access.ts';
import { StoreCache } from './stores/cache.ts';
import { HealthServer } from './telemetry/health.ts';
import { createLogger, stringLogger, type Logger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { createWatches } from './watches.ts';
import { Admission } from './webhook/admission.ts';
import { apiAddress } from './webhook/api-address.ts';
import type { CertificateView } from './webhook/certificate-view.ts';
import type { ServedCertificate } from './webhook/served-certificate.ts';
import { WebhookServer } from './webhook/server.ts';
import type { WatchesOf } from './read-by-role.ts';
import { createCertificateView, createServedCertificate, targetOf } from './compose-certificates.ts';
import { createCache, createReconciling } from './compose-controllers.ts';

/** What everything of a role is built from: the controllers read all that is watched, the others less. */
export interface Parts<R extends Role = 'controller'> {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly connection: KubeConnection;
  readonly client: KubeClient;
  readonly watches: WatchesOf<R>;
  readonly certificates: CertificateView;
}

/**
 * Builds every object that the program's roles need once and hands it to the next. `onFatal` is called when the process
 * must end: it no longer leads.
 */
export function compose(config: Config, kubeConfig: KubeConfig, onFatal: (reason: string) => void): Program {
  const logger = createLogger({ level: config.logLevel });
  const metrics = new Metrics();
  const connection = new KubeConnection(kubeConfig);
  const client = new HttpKubeClient(connection);
  const watches = createWatches({ ...config, connection, ...watchNews(logger) });
  metrics.watchNamespaces(() => watches.scope.states());
  const certificates = createCertificateView(config, watches, logger);
  const parts: Parts = { config, logger, metrics, connection, client, watches, certificates };
  const { roles } = config;
  metrics.setRoles(roles);
  const onStartedLeading = (): void => {
    program.lead();
  };
  const reconciling = roles.has('controller') ? createReconciling(parts, onStartedLeading, onFatal) : undefined;
  const cache = reconciling?.cache ?? createCache(parts);
  const isLeading = (): boolean => reconciling?.election.leading === true;
  const api = roles.has('api') ? createApi(parts, cache, isLeading) : undefined;
  const served = createServedCertificate(parts, (chain, key) => {
    webhook?.useCertificate(chain, key);
    api?.useCertificate(chain, key);
  });
  const webhook = roles.has('webhook') ? createWebhook(parts, api, served) : undefined;
  const kinds = reconciling
    ? watchedKinds(watches, reconciling.controllers, config, reconciling)
    : readKinds(watches, roles);
  const operator = new SparkSecretsOperator(kinds, stringLogger(logger));
  const health = new HealthServer({ port: config.healthPort, metrics });
  const program = new Program({
    roles,
    logger,
    metrics,
    connection,
    watches,
    reconciling,
    cache,
    webhook,
    api,
    operator,
    health,
  });
  return program;
}

function createWebhook(
  { config, watches, metrics, logger }: Parts<'webhook'>,
  api: ApiServer | undefined,
  served: ServedCertificate,
): WebhookServer {
  const address = apiAddress({
    target: targetOf(config),
    port: () => config.apiPort || (api?.port ?? 0),
    authorities: () => served.authorities,
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
  return new WebhookServer({
    port: config.webhookPort,
    admission,
    logger,
    onCertificate: (notAfter) => {
      metrics.setCertificateEnd(notAfter);
    },
  });
}

function createApi(
  { config, client, watches, logger }: Parts<'api'>,
  cache: StoreCache,
  isLeading: () => boolean,
): ApiServer {
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
