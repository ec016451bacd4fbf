import type { KubeObject } from './kube-object.ts';
import { type Request, requestKey } from './reconciler.ts';

/**
 * What a reconciler wrote for a request in its last look, by the `resourceVersion` that the API server gave it. A watch brings
 * each of these objects back, which is no news to who wrote it, unless it has looked again meanwhile: the informers then
 * showed it what was there before its own write, and only the echo leads to a look that sees all.
 */
export class OwnWrites {
  readonly #versions = new Map<string, Set<string>>();

  /** A look begins: whatever was written before it, and has not come back, is news when it does. */
  begin(request: Request): void {
    this.#versions.delete(requestKey(request));
  }

  /** An object as it is after our write. */
  note(request: Request, { metadata: { resourceVersion } }: KubeObject): void {
    if (resourceVersion === undefined) return;
    const key = requestKey(request);
    const versions = this.#versions.get(key) ?? new Set();
    this.#versions.set(key, versions.add(resourceVersion));
  }

  /**
   * Whether this version is what the last look of the request wrote. Once: then it has come back. False also for one of ours
   * that the watch brought before its answer came.
   */
  take(request: Request, resourceVersion: string | undefined): boolean {
    const key = requestKey(request);
    const versions = this.#versions.get(key);
    if (resourceVersion === undefined || versions?.delete(resourceVersion) !== true) return false;
    if (versions.size === 0) this.#versions.delete(key);
    return true;
  }
}
