import type { SecretKey } from '../../../operator/api/secret-key.ts';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { OperatorError } from '../../../operator/errors.ts';
import type { DatabaseStore } from '../../../operator/stores/database/driver.ts';
import { key } from '../../support/keys.ts';
import { PostgresServer } from '../../servers/postgres.ts';
import { openStore, Secrets, type Given } from './secrets.ts';

/** Longer than any test waits for anything. */
export const PATIENT = new AbortController().signal;

let tables = 0;

/** A server for the tests of one describe(), stores that are closed after each of them, and a table for each. */
export class World {
  server!: PostgresServer;
  /** Of the user and database `keeper`. */
  url!: string;
  table!: string;
  secrets!: Secrets;
  #stores: DatabaseStore[] = [];

  /** Call it in a describe(). */
  static make(): World {
    const world = new World();
    before(async function () {
      this.timeout(120_000);
      world.server = await PostgresServer.start();
      world.url = await world.server.createDatabase('keeper', 'right-password');
    });
    beforeEach(() => {
      world.table = `secrets_${++tables}`;
      world.secrets = new Secrets(world.url);
    });
    afterEach(async () => {
      await Promise.all(world.#stores.splice(0).map((store) => store.close()));
    });
    after(async () => {
      await world.server.remove();
    });
    return world;
  }

  open(given: Given = {}, secrets = this.secrets): DatabaseStore {
    const store = openStore(secrets, { table: this.table, ...given });
    this.#stores.push(store);
    return store;
  }

  /** A statement as the owner of the table would run it in psql; `$t` is the table, `$h` its history. */
  async sql<Row>(text: string, ...values: unknown[]): Promise<Row[]> {
    const named = text.replaceAll('$t', this.table).replaceAll('$h', `${this.table}_history`);
    return this.server.query<Row>(named, values, this.url);
  }
}

export async function write(store: DatabaseStore, where: string, value: string, signal = PATIENT): Promise<string> {
  return (await store.write(key(where), SecretValue.fromText(value), { signal })).version;
}

export async function remove(store: DatabaseStore, where: string): Promise<void> {
  await store.remove(key(where), { signal: PATIENT });
}

/** What the store has of these keys: the text, or the code of why it can't tell. */
export async function read(store: DatabaseStore, wanted: readonly string[], signal = PATIENT) {
  const found = await store.readMany(wanted.map(key), signal);
  const texts = [...found].map(([where, what]) => [
    where,
    what instanceof OperatorError ? what.code : what.value.reveal().toString(),
  ]);
  return Object.fromEntries(texts) as Record<string, string>;
}

/** Why the store can't tell of a key. */
export async function problemOf(store: DatabaseStore, where: string): Promise<OperatorError> {
  const found = (await store.readMany([key(where)], PATIENT)).get(key(where));
  if (found instanceof OperatorError) return found;
  throw new Error(`${where} is ${found ? 'readable' : 'not there'}`);
}

/** The keys that a store tells of, from when it listens. */
export async function watched(store: DatabaseStore, signal = PATIENT): Promise<SecretKey[]> {
  const told: SecretKey[] = [];
  await store.watch((keys) => told.push(...keys), signal);
  return told;
}
