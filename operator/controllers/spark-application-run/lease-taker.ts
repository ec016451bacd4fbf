import { leasePathOf } from '../../api/dynamic-reference.ts';
import { storeRefOf, type SecretStoreConfig, type SparkJobSecretBinding } from '../../api/kinds.ts';
import { leaseNoteText } from '../../api/lease-note.ts';
import type { SecretKey } from '../../api/secret-key.ts';
import { OperatorError } from '../../errors.ts';
import { leasedContent, leasedReferences, parseLeasedTemplates } from '../../injection/leased-content.ts';
import type { Lease } from '../../stores/cache.ts';
import type { Run, Sources } from './observe.ts';
import { noStore, unleased, type Obstacle } from './plan.ts';

/** Credentials that were made for one run, not confirmed yet. */
export interface Taken {
  readonly store: SecretStoreConfig;
  readonly owner: string;
  /** Path → lease. */
  readonly leases: ReadonlyMap<SecretKey, Lease>;
  /** The run's own part of its Secret. */
  readonly own: Readonly<Record<string, string>>;
  /** Text of the annotation that says what to renew and revoke. */
  readonly note: string;
}

/** For whom a run's credentials are made: nobody else's Secret can keep or revoke them. */
export function leaseOwner(namespace: string | undefined, secret: string): string {
  return `${namespace ?? ''}/${secret}`;
}

/** How long it may take to give credentials back. Milliseconds. */
const GIVE_BACK_MS = 5_000;

/** Has the credentials made that a new run needs: one lease for each path. */
export class LeaseTaker {
  readonly #sources: Pick<Sources, 'stores' | 'namespaces' | 'cache' | 'scope'>;

  constructor(sources: Pick<Sources, 'stores' | 'namespaces' | 'cache' | 'scope'>) {
    this.#sources = sources;
  }

  /**
   * All or none: what was made is revoked when something else is missing. `text` is what the binding's Secret says of
   * it. Throws an Error when that can not be read.
   */
  async take(run: Run, text: string, binding: SparkJobSecretBinding, signal: AbortSignal): Promise<Taken | Obstacle> {
    const templates = parseLeasedTemplates(text);
    const ref = storeRefOf(binding);
    const store = this.#sources.stores.get(ref.namespace, ref.name);
    if (store === undefined) return noStore(run, ref, this.#sources.scope.knowledgeOf(ref.namespace));
    const { namespace = '' } = run.driver.metadata;
    const owner = leaseOwner(namespace, run.reference.secret);
    const namespaceLabels = this.#sources.namespaces.get(undefined, namespace)?.metadata.labels ?? {};
    const byPath = Map.groupBy(leasedReferences(templates), leasePathOf);
    const made = await Promise.allSettled(
      [...byPath].map(async ([path, references]) => {
        const request = { namespace, namespaceLabels, references, owner };
        return [path, await this.#sources.cache.lease(store, request, signal)] as const;
      }),
    );
    const leases = new Map(made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
    const note = leaseNoteText({ binding: binding.metadata.name, store: ref, leases: handlesOf(leases) });
    const taken = { store, owner, leases, own: {}, note };
    const failed = made.find((each) => each.status === 'rejected');
    // The program ends: what was made ends with its time.
    signal.throwIfAborted();
    if (failed) return this.#without(taken, unleased(run, ref, errorOf(failed.reason)));
    const own = leasedContent(templates, new Map([...leases].map(([path, { values }]) => [path, values])));
    if ('data' in own) return { ...taken, own: own.data };
    return this.#without(taken, unleased(run, ref, own.problems.map(({ message }) => message).join(' ')));
  }

  /** Nobody will use them. Should it fail, they end by themselves within a minute. */
  async giveBack({ store, owner, leases }: Taken): Promise<void> {
    const signal = AbortSignal.timeout(GIVE_BACK_MS);
    const handles = [...leases.values()].map(({ handle }) => handle);
    await Promise.allSettled(handles.map((handle) => this.#sources.cache.revoke(store, { handle, owner }, signal)));
  }

  async #without(taken: Taken, obstacle: Obstacle): Promise<Obstacle> {
    await this.giveBack(taken);
    return obstacle;
  }
}

function handlesOf(leases: ReadonlyMap<SecretKey, Lease>): Record<string, string> {
  return Object.fromEntries([...leases].map(([path, { handle }]) => [path, handle]));
}

/** Other errors' words may quote what a backend answered. */
function errorOf(reason: unknown): OperatorError {
  return reason instanceof OperatorError ? reason : new OperatorError('StoreUnreachable');
}
