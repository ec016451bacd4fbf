import type { SecretGroup, SecretKey } from '../../api/secret-key.ts';
import { OperatorError } from '../../errors.ts';

/** What no segment may hold: the server, or a proxy before it, could take it for something else than a name. */
const FORBIDDEN = /[\p{Cc}\\*+?#%]/u;

/**
 * The paths of a store's keys in the API, from `spec.vault.path`: `/v1/MOUNT/data/PREFIX` is KV version 2, a path without a
 * `data` segment behind its first is version 1. Every segment is encoded, so that a key never leaves the prefix.
 */
export class KvPath {
  readonly version: 1 | 2;
  /** Segments of the mount; of version 1, where the mount can't be told from the prefix, of both. */
  readonly #mount: readonly string[];
  readonly #prefix: readonly string[];

  /** Throws StoreUnreachable for a path with segments that are no names. */
  constructor(path: string) {
    const segments = path
      .replace(/^\/v1\//, '')
      .replace(/\/$/, '')
      .split('/');
    for (const segment of segments)
      if (segment === '' || segment === '.' || segment === '..' || FORBIDDEN.test(segment))
        throw new OperatorError(
          'StoreUnreachable',
          `path ${JSON.stringify(path)} has a segment that is no name: write it as /v1/secret/data/team/app`,
        );
    const data = segments.indexOf('data', 1);
    this.version = data < 0 ? 1 : 2;
    this.#mount = data < 0 ? segments : segments.slice(0, data);
    this.#prefix = data < 0 ? [] : segments.slice(data + 1);
  }

  /** Where the value of a key is read and written. */
  value(key: SecretKey): string {
    return this.#join(this.version === 2 ? ['data'] : [], key);
  }

  /** Where all versions of a key are removed. */
  everything(key: SecretKey): string {
    return this.#join(this.version === 2 ? ['metadata'] : [], key);
  }

  /** Where a group is listed. */
  folder(group: SecretGroup): string {
    return `${this.#join(this.version === 2 ? ['metadata'] : [], group)}/`;
  }

  /** Whether a mount, such as `secret/`, holds these paths. */
  isIn(mount: string): boolean {
    const own = `${this.#mount.join('/')}/`;
    return this.version === 2 ? own === mount : own.startsWith(mount);
  }

  /**
   * Whether another path of the API, without `/v1/`, may lie in the same mount. Of version 1, where the mount can't be
   * told from the prefix: whether it begins with the same segment.
   */
  mayHold(path: string): boolean {
    const own = this.version === 2 ? this.#mount : this.#mount.slice(0, 1);
    return `${path}/`.startsWith(`${own.join('/')}/`);
  }

  /** The path as it would be spelled if the mount, such as `secret/`, had the other version. */
  spelledOtherwise(mount: string): string {
    const all = [...this.#mount, ...this.#prefix].join('/');
    const rest = `${all}/`.slice(mount.length).replace(/\/$/, '');
    return `/v1/${mount}${this.version === 2 ? '' : 'data/'}${rest}`;
  }

  /** For people: mount and prefix. */
  toString(): string {
    return [...this.#mount, ...(this.version === 2 ? ['data'] : []), ...this.#prefix].join('/');
  }

  #join(kind: readonly string[], below: string): string {
    const segments = [...this.#mount, ...kind, ...this.#prefix, ...(below === '' ? [] : below.split('/'))];
    return `/${segments.map(encodeURIComponent).join('/')}`;
  }
}
