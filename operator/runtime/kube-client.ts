import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, apiErrorOf, noAnswerError } from './api-error.ts';
import type { KubeConnection, KubeRequest } from './kube-connection.ts';
import { apiVersionOf, type KubeKind, type KubeObject, pathOf } from './kube-object.ts';

/** How `apply` behaves. */
export interface ApplyOptions {
  readonly signal: AbortSignal;
  readonly subresource?: 'status';
  /** Take fields over from other owners; without it their fields are a `ConflictError`. Default: false. */
  readonly force?: boolean;
  /** Another owner of fields than the operator's own, for callers whose fields come and go apart from the rest. */
  readonly fieldManager?: string;
}

/** How `delete` behaves; with `uid` or `resourceVersion` it only deletes exactly that one (else `ConflictError`). */
export interface DeleteOptions {
  readonly signal: AbortSignal;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

/**
 * The only way in which the program writes to the API server, and reads a single object past the informers.
 *
 * There is no list in it, on purpose: a caller that forgets a namespace must not get every namespace's objects
 * (CVE-2025-55196 was that); informers list, each where it is built. Failures are `ApiError`s. Each request takes at
 * most 10 seconds, and is tried once more if the server answers 429 or 503 with a Retry-After that fits.
 */
export interface KubeClient {
  /** The object, or undefined if it isn't there. */
  get<T extends KubeObject>(
    kind: KubeKind<T>,
    namespace: string | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<T | undefined>;

  /** Throws `AlreadyExistsError` if the name is taken. Returns the object as stored. */
  create<T extends KubeObject>(kind: KubeKind<T>, object: T, signal: AbortSignal): Promise<T>;

  /** POST to a subresource (`token` of a ServiceAccount, `eviction` of a Pod). Returns what it answers. */
  createSubresource<T extends KubeObject>(
    kind: KubeKind,
    subresource: Subresource,
    object: KubeObject,
    signal: AbortSignal,
  ): Promise<T>;

  /** PUT; with `metadata.resourceVersion` set it is compare-and-set and throws `ConflictError` if it lost. */
  replace<T extends KubeObject>(kind: KubeKind<T>, object: T, signal: AbortSignal): Promise<T>;

  /** Server-side apply as field manager `spark-secrets-operator`; `object` holds exactly the fields we want to own. */
  apply<T extends KubeObject>(kind: KubeKind<T>, object: KubeObject, options: ApplyOptions): Promise<T>;

  /** False: it wasn't there. */
  delete(kind: KubeKind, namespace: string | undefined, name: string, options: DeleteOptions): Promise<boolean>;
}

/** Of which object, and which. `object.metadata` of a subresource's body often says less. */
export interface Subresource {
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** A request, and what it is about: for errors. */
interface Call extends Omit<KubeRequest, 'silenceMs'> {
  readonly kind: KubeKind;
  readonly name: string;
}

/** From sending to the last byte of the answer, a retry included; milliseconds. */
const TIMEOUT_MS = 10_000;
/** A longer Retry-After is the caller's business: its queue has a backoff, a request has a deadline. */
const LONGEST_RETRY_AFTER_MS = 5_000;
const FIELD_MANAGER = 'spark-secrets-operator';
/** What we write has the fields of our types; to look for others the API server would decode it once more, a fifth of a Secret's cost. */
const WRITE = `fieldManager=${FIELD_MANAGER}&fieldValidation=Ignore`;

/** The KubeClient of production. */
export class HttpKubeClient implements KubeClient {
  readonly #connection: KubeConnection;
  readonly #timeoutMs: number;

  constructor(connection: KubeConnection, timeoutMs: number = TIMEOUT_MS) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  async get<T extends KubeObject>(
    kind: KubeKind<T>,
    namespace: string | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const path = pathOf(kind, namespace, name);
    return orUndefined(this.#call<T>({ method: 'GET', path, kind, name, signal }));
  }

  async create<T extends KubeObject>(kind: KubeKind<T>, object: T, signal: AbortSignal): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = `${pathOf(kind, namespace)}?${WRITE}`;
    return this.#call<T>({ method: 'POST', path, kind, name, signal, ...json(kind, object) });
  }

  async createSubresource<T extends KubeObject>(
    kind: KubeKind,
    { namespace, name, subresource }: Subresource,
    object: KubeObject,
    signal: AbortSignal,
  ): Promise<T> {
    const path = pathOf(kind, namespace, name, subresource);
    const body = JSON.stringify(object);
    return this.#call<T>({ method: 'POST', path, kind, name, signal, body, contentType: 'application/json' });
  }

  async replace<T extends KubeObject>(kind: KubeKind<T>, object: T, signal: AbortSignal): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = `${pathOf(kind, namespace, name)}?${WRITE}`;
    return this.#call<T>({ method: 'PUT', path, kind, name, signal, ...json(kind, object) });
  }

  async apply<T extends KubeObject>(kind: KubeKind<T>, object: KubeObject, options: ApplyOptions): Promise<T> {
    const { namespace, name } = object.metadata;
    const { signal, subresource, force = false, fieldManager = FIELD_MANAGER } = options;
    const query = new URLSearchParams({ fieldManager, force: String(force) });
    const path = `${pathOf(kind, namespace, name, ...(subresource ? [subresource] : []))}?${query.toString()}`;
    const body = { ...json(kind, object), contentType: 'application/apply-patch+yaml' };
    return this.#call<T>({ method: 'PATCH', path, kind, name, signal, ...body });
  }

  async delete(kind: KubeKind, namespace: string | undefined, name: string, options: DeleteOptions): Promise<boolean> {
    const { signal, uid, resourceVersion, propagation: propagationPolicy = 'Background' } = options;
    const body = JSON.stringify({ propagationPolicy, preconditions: { uid, resourceVersion } });
    const path = pathOf(kind, namespace, name);
    const call = { method: 'DELETE', path, kind, name, signal, body, contentType: 'application/json' } as const;
    return (await orUndefined(this.#call(call))) !== undefined;
  }

  async #call<T extends KubeObject>(call: Call): Promise<T> {
    const deadline = performance.now() + this.#timeoutMs;
    try {
      return await this.#once<T>(call, deadline);
    } catch (error) {
      const waitMs = error instanceof ApiError && [429, 503].includes(error.code) ? error.retryAfterMs : undefined;
      if (waitMs === undefined || waitMs > Math.min(LONGEST_RETRY_AFTER_MS, deadline - performance.now())) throw error;
      await sleep(waitMs, undefined, { signal: call.signal });
      return this.#once<T>(call, deadline);
    }
  }

  async #once<T extends KubeObject>(call: Call, deadline: number): Promise<T> {
    const timeout = new AbortController();
    const onAbort = (): void => {
      timeout.abort();
    };
    call.signal.throwIfAborted();
    // By hand: AbortSignal.any() on a signal that lives as long as the process costs more than the request.
    call.signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(onAbort, Math.max(deadline - performance.now(), 0));
    try {
      const answer = await this.#connection.send({ ...call, signal: timeout.signal, silenceMs: this.#timeoutMs });
      const text = await answer.body.text();
      if (answer.code >= 400) throw apiErrorOf(call, answer, text);
      return parse(call, text) as T;
    } catch (error) {
      call.signal.throwIfAborted();
      throw error instanceof ApiError ? error : noAnswerError(call, timeout.signal.aborted ? 'Timeout' : error);
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener('abort', onAbort);
    }
  }
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}

function json(kind: KubeKind, object: KubeObject): { body: string; contentType: string } {
  const stamped = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind };
  return { body: JSON.stringify(stamped), contentType: 'application/json' };
}

/** A parser's error quotes what it could not parse, so it goes no further. */
function parse(call: Call, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw noAnswerError(call, 'Malformed');
  }
}
