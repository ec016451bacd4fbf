import type { KubeObject } from './runtime/kube-object.ts';
import {
  Operator,
  type OperatorLogger,
  type ResourceEvent,
  ResourceEventType,
  ResourceMetaImpl,
} from './runtime/dot-i.ts';

/** The part of an informer, or of a group of them, that the operator uses: compose builds it and shares it with those who read from it. */
export interface WatchedInformer {
  start(): Promise<void>;
  stop(): Promise<void>;
  subscribe(listener: (object: Readonly<KubeObject>, change: 'set' | 'delete') => void): () => void;
}

/** One kind that is watched, and what to do when one of its objects may have changed. */
export interface WatchedKind {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** The informer's own namespace; left out: all, or those of a group. */
  readonly namespace?: string;
  readonly informer: WatchedInformer;
  /** Should only enqueue `event.meta`'s name. Left out: the informer is kept current for its readers. */
  readonly onEvent?: (event: ResourceEvent) => void;
}

/** The arguments of dot-i's watchResource. */
type Watch = [
  group: string,
  version: string,
  plural: string,
  onEvent: (event: ResourceEvent) => Promise<void>,
  namespace?: string,
];

/**
 * The frame of the process: dot-i's Operator, with `init`, `watchResource`, `start` and `stop` as its README has them.
 *
 * `watchResource` and `stop` are replaced, because dot-i 1.3.9 ends the process when a watch fails or is stopped, misses
 * what was deleted while a watch was down, and drops a handler's error (docs/decisions/0002-dot-i.md). Nothing is
 * written through dot-i: its write helpers report success under client-node 2 without having written.
 */
export class SparkSecretsOperator extends Operator {
  readonly #kinds: readonly WatchedKind[];
  readonly #watched = new Set<WatchedKind>();

  constructor(kinds: readonly WatchedKind[], logger?: OperatorLogger) {
    super(logger);
    this.#kinds = kinds;
  }

  /** Resolves when every kind was listed once, so that readers see all there is; or when stopped before. */
  protected override async init(): Promise<void> {
    const watching = this.#kinds.map(({ group, version, plural, namespace, onEvent }) =>
      this.watchResource(
        group,
        version,
        plural,
        (event) => {
          onEvent?.(event);
          return Promise.resolve();
        },
        namespace,
      ),
    );
    await Promise.all(watching);
  }

  /**
   * Starts the informer of that kind; throws if the constructor was given none. Its objects arrive as `Modified`. Of two
   * informers of one kind, which differ in their labels, a second call starts the second.
   */
  protected override async watchResource(...[group, version, plural, onEvent, namespace]: Watch): Promise<void> {
    const watched = this.#kinds.find(
      (kind) =>
        !this.#watched.has(kind) &&
        kind.group === group &&
        kind.version === version &&
        kind.plural === plural &&
        kind.namespace === namespace,
    );
    const title = `${plural} of ${group === '' ? version : `${group}/${version}`}`;
    if (watched === undefined) throw new Error(`No informer for ${title}: compose must give one.`);
    this.#watched.add(watched);
    watched.informer.subscribe((kept, change) => {
      const object = kept as unknown as ResourceEvent['object'];
      const type = change === 'delete' ? ResourceEventType.Deleted : ResourceEventType.Modified;
      onEvent({ meta: ResourceMetaImpl.createWithPlural(plural, object), type, object }).catch((error: unknown) => {
        this.logger.error(`handling an event of ${plural} failed: ${String(error)}`);
      });
    });
    await watched.informer.start();
    this.logger.info(`watching ${title}`);
  }

  /** No event arrives once this was called. */
  override stop(): void {
    void this.shutdown();
  }

  /** As `stop`; resolves when the connections of all watches are closed. */
  async shutdown(): Promise<void> {
    await Promise.all(this.#kinds.map(({ informer }) => informer.stop()));
  }
}
