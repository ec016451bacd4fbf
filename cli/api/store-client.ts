import type { SecretValue } from '../../operator/api/secret-value.ts';
import type { AuditEvent, Entry, Page, PastVersion, Usage, Written } from './answers.ts';
import { ApiProblem } from './api-problem.ts';
import type { Line } from './line.ts';
import { queryText, storePath, type Query, type StoreName } from './paths.ts';
import { valueOf, writeBody, type WireValue } from './value-wire.ts';

/** A value with its version. */
export interface Revealed {
  readonly version: string;
  readonly value: SecretValue;
}

const PAGE = '1000';

/** The keys of one store. All methods throw ApiProblem and NoAnswer. */
export class StoreClient {
  readonly name: StoreName;
  readonly #line: Line;

  constructor(line: Line, name: StoreName) {
    this.#line = line;
    this.name = name;
  }

  /** `namespace/name`. */
  get title(): string {
    return `${this.name.namespace}/${this.name.name}`;
  }

  /** What lies directly in a group; '' is the root. */
  list(group: string): AsyncGenerator<Entry> {
    return this.#pages<Entry>('keys', group === '' ? {} : { group });
  }

  /** The keys in a group and below whose path contains the text. */
  search(group: string, text: string): AsyncGenerator<Entry> {
    return this.#pages<Entry>('keys', { search: text, ...(group === '' ? {} : { group }) });
  }

  /** All keys in a group and in those below it, group by group. */
  async *walk(group: string): AsyncGenerator<string> {
    const groups: string[] = [];
    for await (const entry of this.list(group)) {
      if ('key' in entry) yield entry.key;
      else groups.push(entry.group);
    }
    for (const below of groups) yield* this.walk(below);
  }

  /** The version of a key; undefined: it is not there. */
  async version(key: string): Promise<string | undefined> {
    const found = await ifThere(this.#get<{ readonly version: string }>(`keys/${keyPath(key)}`));
    return found?.version;
  }

  /** The value of a key; undefined: it is not there. The API audits it. */
  async read(key: string): Promise<Revealed | undefined> {
    const found = await ifThere(this.#get<WireValue & { readonly version: string }>(`values/${keyPath(key)}`));
    return found && { version: found.version, value: valueOf(found) };
  }

  /** `ifVersion`: write only while the key has it; null: only while it is not there; undefined: in any case. */
  async write(key: string, value: SecretValue, ifVersion?: string | null): Promise<Written> {
    const body = writeBody(value, ifVersion);
    return this.#send('PUT', `keys/${keyPath(key)}`, { body, repeatable: ifVersion === undefined });
  }

  /** Undefined: the key is there; where an answer was lost, perhaps because of this very call. */
  async create(key: string, value: SecretValue): Promise<Written | undefined> {
    try {
      return await this.#send('PUT', `keys/${keyPath(key)}`, { body: writeBody(value, null), repeatable: true });
    } catch (error) {
      if (ApiProblem.is(error, 'VersionConflict')) return undefined;
      throw error;
    }
  }

  /** `force`: also while a running application uses it. */
  async remove(key: string, options: { readonly force?: boolean; readonly ifVersion?: string }): Promise<void> {
    const { force = false, ifVersion } = options;
    const query = { ifVersion, force: force ? 'true' : undefined };
    await this.#send('DELETE', `keys/${keyPath(key)}`, { query, repeatable: ifVersion === undefined });
  }

  /** Newest first. */
  async versions(key: string): Promise<readonly PastVersion[]> {
    return (await this.#get<Page<PastVersion>>(`versions/${keyPath(key)}`)).items;
  }

  rollback(key: string, version: string, ifVersion?: string): Promise<Written> {
    const body = JSON.stringify({ version, ifVersion });
    return this.#send('POST', `rollback/${keyPath(key)}`, { body, repeatable: false });
  }

  usage(key: string): Promise<Usage> {
    return this.#get(`usage/${keyPath(key)}`);
  }

  /** Newest first, of the memory of whichever replica answers. */
  audit(key: string | undefined): AsyncGenerator<AuditEvent> {
    return this.#pages<AuditEvent>('audit', key === undefined ? {} : { key });
  }

  async *#pages<T>(what: string, query: Query): AsyncGenerator<T> {
    for (let after: string | undefined; ;) {
      const page = await this.#get<Page<T>>(what, { ...query, limit: PAGE, continue: after });
      yield* page.items;
      if (page.continue === undefined) return;
      after = page.continue;
    }
  }

  #get<T>(what: string, query: Query = {}): Promise<T> {
    return this.#send('GET', what, { query, repeatable: true });
  }

  async #send<T>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', what: string, more: Sent): Promise<T> {
    const { query = {}, ...rest } = more;
    const path = `${storePath(this.name)}/${what}${queryText({ consumer: this.name.consumer, ...query })}`;
    const text = await this.#line.send({ method, path, ...rest });
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

interface Sent {
  readonly query?: Query;
  readonly body?: string;
  readonly repeatable: boolean;
}

/** Slashes stay as they are. */
function keyPath(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (ApiProblem.is(error, 'KeyNotFound')) return undefined;
    throw error;
  }
}
