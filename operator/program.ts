import type { Controllers } from './compose.ts';
import { findCondition } from './api/conditions.ts';
import type { ApiServer } from './http/server.ts';
import type { SparkSecretsOperator } from './operator.ts';
import type { EventRecorder } from './runtime/events.ts';
import type { KubeConnection } from './runtime/kube-connection.ts';
import type { LeaderElection } from './runtime/leader-election.ts';
import type { StoreCache } from './stores/cache.ts';
import type { HealthServer } from './telemetry/health.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { lookAtAll } from './watched-kinds.ts';
import { informersOf, type Watches } from './watches.ts';
import type { WebhookServer } from './webhook/server.ts';

/** What compose built. */
export interface ProgramParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly connection: KubeConnection;
  readonly watches: Watches;
  readonly controllers: Controllers;
  readonly cache: StoreCache;
  readonly events: EventRecorder;
  readonly webhook: WebhookServer;
  readonly api: ApiServer;
  readonly operator: SparkSecretsOperator;
  readonly health: HealthServer;
  readonly election: LeaderElection;
}

/** Everything is looked at again this often, whatever the watches told. Finds nothing to do in a normal life. */
const RESYNC_MS = 600_000;
const COUNT_MS = 10_000;

/** The running process: in which order its parts start and stop. */
export class Program {
  readonly logger: Logger;
  readonly #parts: ProgramParts;
  readonly #timers: NodeJS.Timeout[] = [];
  #stopped = false;

  constructor(parts: ProgramParts) {
    this.#parts = parts;
    this.logger = parts.logger;
  }

  /** Port of the webhook, once it listens: for a configuration of port 0. */
  get webhookPort(): number {
    return this.#parts.webhook.port;
  }

  /** Port of the API, likewise. */
  get apiPort(): number {
    return this.#parts.api.port;
  }

  /** Resolves when it serves what it knows; leading follows. Rejects when a port is taken. */
  async start(): Promise<void> {
    const { health, webhook, api, operator, election, watches } = this.#parts;
    for (const [name, informer] of informersOf(watches)) health.addCheck(`watch ${name}`, () => informer.synced);
    health.addCheck('webhook', () => webhook.ready);
    await health.start();
    await webhook.start();
    await api.start();
    await operator.start();
    if (this.#stopped) return;
    election.start();
    this.logger.info('started');
  }

  /** This replica leads: from now on it reconciles. */
  lead(): void {
    const { metrics, controllers } = this.#parts;
    this.logger.info('leading');
    metrics.setLeader(true);
    for (const controller of Object.values(controllers)) controller.start();
    this.#every(RESYNC_MS, this.#resync);
    this.#every(COUNT_MS, this.#count);
  }

  /** Ends cleanly, within five seconds: work under way is finished, the lease given back, the webhook drained. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { health, webhook, api, operator, election, controllers, cache, events, connection } = this.#parts;
    health.shutDown();
    for (const timer of this.#timers) clearInterval(timer);
    const reconciling = Promise.all(Object.values(controllers).map((controller) => controller.stop()));
    // The others may lead as soon as nothing is written here any more; the webhook serves on meanwhile.
    const handover = reconciling.then(() => election.release());
    await Promise.allSettled([handover, webhook.stop(), api.stop()]);
    await Promise.allSettled([operator.shutdown(), cache.closeAll(), events.flush()]);
    events.stop();
    await health.stop();
    await connection.close();
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(
      setInterval(() => {
        work.call(this);
      }, ms).unref(),
    );
  }

  #resync(): void {
    lookAtAll(this.#parts.watches, this.#parts.controllers);
  }

  #count(): void {
    const bindings = this.#parts.watches.bindings.list();
    const ready = bindings.filter(({ status }) => findCondition(status?.conditions, 'Ready')?.status === 'True').length;
    this.#parts.metrics.setBindings({ ready, notReady: bindings.length - ready });
  }
}
