/** Of so many of the last writes it is known that they were ours; a watch brings them within milliseconds. */
const MOST = 500;

/**
 * What this process wrote itself, by the `resourceVersion` that the API server gave it: one is never given twice. A
 * watch brings each of these objects back, and whoever wrote it knows it already.
 */
export class OwnWrites {
  readonly #versions = new Set<string>();

  note(resourceVersion: string | undefined): void {
    if (resourceVersion === undefined) return;
    this.#versions.add(resourceVersion);
    const [oldest] = this.#versions;
    if (this.#versions.size > MOST && oldest !== undefined) this.#versions.delete(oldest);
  }

  /** False also for one of ours that the watch brought before its answer came. */
  has(resourceVersion: string | undefined): boolean {
    return resourceVersion !== undefined && this.#versions.has(resourceVersion);
  }
}
