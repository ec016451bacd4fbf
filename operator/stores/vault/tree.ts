import { keyIn, ROOT_GROUP, type SecretGroup } from '../../api/secret-key.ts';
import { OperatorError } from '../../errors.ts';
import type { SecretEntry } from '../store.ts';
import { textsOf } from './answers.ts';
import { assertAbsent, refused, unexpected, type KvParts } from './kv.ts';
import type { AskOptions } from './requests.ts';

/** How long a count of keys is believed, and how long counting may take. Milliseconds. */
const BELIEVED_MS = 300_000;
const COUNT_MS = 3_000;
/** More groups are not counted. */
const MAX_GROUPS = 200;

/** The folders of a store. */
export class Tree {
  readonly #parts: KvParts;
  #count: number | undefined;
  #countedAt = -Infinity;

  constructor(parts: KvParts) {
    this.#parts = parts;
  }

  /** What lies in a group, in order of name: of a key and a group of one name the key is first. Throws KeyRefused. */
  async list(group: SecretGroup, options: AskOptions): Promise<SecretEntry[]> {
    const path = this.#parts.path.folder(group);
    const answer = await this.#parts.session.ask({ method: 'GET', path: `${path}?list=true` }, options);
    if (answer.status === 404) {
      await assertAbsent(answer, this.#parts, options);
      return [];
    }
    if (answer.status === 403) throw refused(group === ROOT_GROUP ? 'the root' : group, 'list', path);
    if (answer.status !== 200) throw unexpected(answer);
    return textsOf(answer.body, 'data', 'keys')
      .map((name) => [name.replace(/\/$/, '\0'), entryOf(group, name)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, entry]) => entry ?? []);
  }

  /**
   * How many keys there are; undefined when that can't be told, because a group may not be listed or there are too many.
   * Looks through the whole tree, but only now and then.
   */
  async count(signal: AbortSignal): Promise<number | undefined> {
    if (performance.now() - this.#countedAt < BELIEVED_MS) return this.#count;
    const limit = AbortSignal.timeout(COUNT_MS);
    try {
      this.#count = await this.#walk(AbortSignal.any([signal, limit]));
    } catch (error) {
      signal.throwIfAborted();
      if (!limit.aborted && !OperatorError.is(error, 'KeyRefused')) throw error;
      this.#count = undefined;
    }
    this.#countedAt = performance.now();
    return this.#count;
  }

  async #walk(signal: AbortSignal): Promise<number | undefined> {
    let keys = 0;
    const groups: SecretGroup[] = [ROOT_GROUP];
    // The list grows while it is walked.
    for (const group of groups) {
      if (groups.length > MAX_GROUPS) return undefined;
      for (const entry of await this.list(group, { signal, background: true }))
        if ('group' in entry) groups.push(entry.group);
        else keys += 1;
    }
    return keys;
  }
}

/** Names that are no key of ours are passed over: nobody can ask for them. */
function entryOf(group: SecretGroup, name: string): SecretEntry | undefined {
  const key = keyIn(group, name.replace(/\/$/, ''));
  if (key === undefined) return undefined;
  return name.endsWith('/') ? { group: key as string as SecretGroup } : { key };
}
