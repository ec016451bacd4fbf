import type { Controllers } from './compose-controllers.ts';
import { findCondition } from './api/conditions.ts';
import type { Role } from './config.ts';
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

/** What only a process with controllers has. */
export interface Reconciling {
  readonly controllers: Controllers;
  readonly events: EventRecorder;
  readonly election: LeaderElection;
}

/** What compose built; undefined: not among the roles. */
export interface ProgramParts {
  readonly roles: ReadonlySet<Role>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly connection: KubeConnection;
  readonly watches: Watches;
  readonly reconciling: Reconciling | undefined;
  readonly cache: StoreCache;
  readonly webhook: WebhookServer | undefined;
  readonly api: ApiServer | undefined;
  readonly operator: SparkSecretsOperator;
  readonly health: HealthServer;
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

  /** Resolves when it serves what it knows; leading follows. Rejects when a port is taken. */
  async start(): Promise<void> {
    const { health, webhook, api, operator, reconciling, roles, watches } = this.#parts;
    for (const [name, informer] of informersOf(watches, roles)) health.addCheck(`watch ${name}`, () => informer.synced);
    if (webhook) health.addCheck('webhook', () => webhook.ready);
    if (api) health.addCheck('api', () => api.ready);
    await health.start();
    await webhook?.start();
    await api?.start();
    await operator.start();
    if (this.#stopped) return;
    reconciling?.election.start();
    this.logger.info('started');
  }

  /** This replica leads: from now on it reconciles. */
  lead(): void {
    const { metrics, reconciling, watches } = this.#parts;
    if (reconciling === undefined) return;
    const { controllers } = reconciling;
    this.logger.info('leading');
    metrics.setLeader(true);
    for (const controller of Object.values(controllers)) controller.start();
    this.#every(RESYNC_MS, () => {
      lookAtAll(watches, controllers);
    });
    this.#every(COUNT_MS, () => {
      this.#count();
    });
  }

  /** Ends cleanly, within five seconds: work under way is finished, the lease given back, the webhook drained. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { health, webhook, api, operator, reconciling, cache, connection } = this.#parts;
    health.shutDown();
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.allSettled([reconciling && handOver(reconciling), webhook?.stop(), api?.stop()]);
    await Promise.allSettled([operator.shutdown(), cache.closeAll(), reconciling?.events.flush()]);
    reconciling?.events.stop();
    await health.stop();
    await connection.close();
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref());
  }

  #count(): void {
    const bindings = this.#parts.watches.bindings.list();
    const ready = bindings.filter(({ status }) => findCondition(status?.conditions, 'Ready')?.status === 'True').length;
    this.#parts.metrics.setBindings({ ready, notReady: bindings.length - ready });
  }
}

/** The others may lead as soon as nothing is written here any more; the webhook serves on meanwhile. */
async function handOver({ controllers, election }: Reconciling): Promise<void> {
  await Promise.all(Object.values(controllers).map((controller) => controller.stop()));
  await election.release();
}
