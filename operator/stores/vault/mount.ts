import { OperatorError } from '../../errors.ts';
import { orAborted } from '../or-aborted.ts';
import { fieldOf, textOf } from './answers.ts';
import type { KvPath } from './path.ts';
import type { AskOptions } from './requests.ts';
import type { Session } from './session.ts';

/** How long what was seen of the mount is believed. Milliseconds. */
const BELIEVED_MS = 300_000;
/** How long it may take to look. Milliseconds. */
const SEE_MS = 10_000;

/**
 * Whether a store's path leads into a KV mount of the version that it is written for. If not, the server says of every
 * key that it is not there, and that must not be believed.
 */
export class Mount {
  readonly #path: KvPath;
  readonly #session: Session;
  #seenAt = -Infinity;
  #seeing: Promise<void> | undefined;

  constructor(path: KvPath, session: Session) {
    this.#path = path;
    this.#session = session;
  }

  /** Throws StoreUnreachable when the path is wrong. Asks the server only now and then, and once for many. */
  async verify(options: AskOptions): Promise<void> {
    if (performance.now() - this.#seenAt < BELIEVED_MS) return;
    // For all that wait: the first of them may go away.
    this.#seeing ??= this.#see({ signal: AbortSignal.timeout(SEE_MS) }).finally(() => {
      this.#seeing = undefined;
    });
    await orAborted(this.#seeing, options.signal);
  }

  /** From now on nothing is believed. */
  forget(): void {
    this.#seenAt = -Infinity;
  }

  async #see(options: AskOptions): Promise<void> {
    const { body } = await this.#session.ask({ method: 'GET', path: '/sys/internal/ui/mounts' }, options);
    const mounts = Object.entries(fieldOf(body, 'data', 'secret') ?? {}) as readonly (readonly [string, unknown])[];
    // A token sees the mounts that its policies name.
    const mount = mounts.find(([name]) => this.#path.isIn(name));
    if (mount) this.#judge(mount);
    this.#seenAt = performance.now();
  }

  #judge([name, mount]: readonly [string, unknown]): void {
    const type = textOf(mount, 'type') ?? '';
    if (!['kv', 'generic'].includes(type))
      throw new OperatorError('StoreUnreachable', `${name} is a secrets engine of type ${type}, not kv: correct path`);
    const version = textOf(mount, 'options', 'version') === '2' ? 2 : 1;
    if (version !== this.#path.version)
      throw new OperatorError(
        'StoreUnreachable',
        `${name} is KV version ${version}, but path is written for version ${this.#path.version}: write it as ${this.#path.spelledOtherwise(name)}`,
      );
  }
}
