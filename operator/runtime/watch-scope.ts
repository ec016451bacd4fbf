import type { AnyInformer } from './informer-group.ts';
import type { KubeObject } from './kube-object.ts';
import { quietly } from './quietly.ts';
import type { Reconciler } from './reconciler.ts';

/**
 * How much is known of a namespace.
 *
 * - `known`: all that is in it; what is not seen is not there.
 * - `unknown`: not all of it, as it was not listed yet or may not be. What is not seen may be there.
 * - `unwatched`: nothing, on purpose: it is not among the namespaces that are watched.
 */
export type Knowledge = 'known' | 'unknown' | 'unwatched';

export interface WatchScopeOptions {
  /** The namespaces that are watched; undefined: the whole cluster. */
  readonly namespaces: readonly string[] | undefined;
  /** The API server forbids a namespace to be listed: told once, until it is allowed again. */
  readonly onForbidden?: (namespace: string) => void;
}

/** How a watched namespace is at present. */
export interface WatchedNamespace {
  readonly namespace: string;
  /** All of it is known, and the API server does not forbid it to be listed. */
  readonly isReadable: boolean;
}

/** Which namespaces are watched, and whether all is known of them, whatever its kind. */
export class WatchScope {
  readonly #options: WatchScopeOptions;
  readonly #informers = new Set<AnyInformer<KubeObject>>();
  /** Namespace → what may not be listed in it. */
  readonly #forbidden = new Map<string, Set<string>>();
  /** Namespaces that were forbidden, and of which not all is known since. */
  readonly #awaited = new Set<string>();
  readonly #listeners = new Set<(namespace: string) => void>();

  constructor(options: WatchScopeOptions) {
    this.#options = options;
  }

  /** The namespaces that are watched; undefined: the whole cluster. */
  get namespaces(): readonly string[] | undefined {
    return this.#options.namespaces;
  }

  /** Counts an informer of the watched namespaces among those that have to know one. */
  include(informer: AnyInformer<KubeObject>): void {
    this.#informers.add(informer);
  }

  /** The API server was asked for a list of `what` in a namespace. */
  heard(namespace: string, what: string, isGranted: boolean): void {
    const forbidden = this.#forbidden.get(namespace) ?? new Set();
    if (isGranted) forbidden.delete(what);
    else forbidden.add(what);
    if (forbidden.size === 0) this.#forbidden.delete(namespace);
    else this.#forbidden.set(namespace, forbidden);
    if (!isGranted && !this.#awaited.has(namespace)) {
      this.#awaited.add(namespace);
      quietly(this.#options.onForbidden, namespace);
    }
    if (!this.#awaited.has(namespace) || !this.#isReadable(namespace)) return;
    this.#awaited.delete(namespace);
    for (const listener of this.#listeners) quietly(listener, namespace);
  }

  /** Calls `listener` with each namespace that was forbidden and of which all is known now. */
  onReadable(listener: (namespace: string) => void): void {
    this.#listeners.add(listener);
  }

  knowledgeOf(namespace: string): Knowledge {
    const { namespaces } = this.#options;
    if (namespaces !== undefined && !namespaces.includes(namespace)) return 'unwatched';
    return [...this.#informers].every((informer) => informer.knows(namespace)) ? 'known' : 'unknown';
  }

  /** Of a list of namespaces each one; nothing of the whole cluster. */
  states(): WatchedNamespace[] {
    const { namespaces = [] } = this.#options;
    return namespaces.map((namespace) => ({ namespace, isReadable: this.#isReadable(namespace) }));
  }

  /**
   * The same reconciler, but it leaves alone what is in a namespace that is not known: what it would not see there it
   * would take for gone. Whoever guards one enqueues its requests again `onReadable`.
   */
  guard(reconciler: Reconciler): Reconciler {
    return {
      reconcile: (request, signal) =>
        this.knowledgeOf(request.namespace) === 'known'
          ? reconciler.reconcile(request, signal)
          : Promise.resolve(undefined),
    };
  }

  #isReadable(namespace: string): boolean {
    return !this.#forbidden.has(namespace) && this.knowledgeOf(namespace) === 'known';
  }
}

/** Why an object of that namespace is not seen, and what to do: what follows its name in a sentence, without a full stop. */
export function whyNotSeen(namespace: string, knowledge: Knowledge, remedy: string): string {
  if (knowledge === 'known') return `does not exist: ${remedy}`;
  return `is not seen: ${whyUnread(namespace, knowledge)}`;
}

/** Why a namespace is not known, and what to do: a sentence without a full stop. */
export function whyUnread(namespace: string, knowledge: Exclude<Knowledge, 'known'>): string {
  if (knowledge === 'unwatched')
    return `namespace ${namespace} is not among those that the operator watches. Its platform team can add it to the value namespaces of the operator's chart`;
  return `the operator may not list what is in namespace ${namespace}. Its Role there comes with its chart: have that applied again`;
}
