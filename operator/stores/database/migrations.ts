import type { Knex } from 'knex';
import { codeOf } from './failure.ts';
import { quoted, type TableNames } from './names.ts';
import { makeTables } from './sql/make-tables.ts';
import type { Statement } from './statement.ts';

type Step = (schema: string, names: TableNames) => string;

/** In the order of their names. One that was released never changes: add another. */
const STEPS: Readonly<Record<string, Step>> = { '0001-tables': makeTables };

const UNDEFINED_TABLE = '42P01';

/**
 * Makes the tables or brings them up to date. Where they are current already it only reads, so that a user without the
 * right to make tables will do. Of many processes at once, one works and the others wait; all is one transaction, so
 * that one that is killed half-way leaves nothing behind, not even knex's lock.
 */
export async function migrate(
  knex: Knex,
  names: TableNames,
  query: (statement: Statement) => Promise<readonly unknown[]>,
): Promise<void> {
  if (await isCurrent(names, query)) return;
  await knex.transaction(async (transaction) => {
    await transaction.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [names.migrations]);
    await transaction.migrate.latest({
      tableName: names.migrations,
      migrationSource: new Steps(names),
      // A newer operator may have been here: its steps are none of ours, and leave what we use.
      disableMigrationsListValidation: true,
    });
  });
}

async function isCurrent(
  { migrations }: TableNames,
  query: (statement: Statement) => Promise<readonly unknown[]>,
): Promise<boolean> {
  try {
    const rows = await query({ text: `SELECT name FROM ${quoted(migrations)}`, values: [] });
    const done = new Set(rows.map((row) => (row as { name: string }).name));
    return Object.keys(STEPS).every((name) => done.has(name));
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) return false;
    throw error;
  }
}

class Steps implements Knex.MigrationSource<string> {
  readonly #names: TableNames;

  constructor(names: TableNames) {
    this.#names = names;
  }

  getMigrations(): Promise<string[]> {
    return Promise.resolve(Object.keys(STEPS));
  }

  getMigrationName(name: string): string {
    return name;
  }

  getMigration(name: string): Promise<Knex.Migration> {
    const up = async (transaction: Knex): Promise<void> => {
      const answer = await transaction.raw<{ rows: { schema: string }[] }>('SELECT current_schema() AS schema');
      const step = STEPS[name];
      if (step) await transaction.raw(step(answer.rows[0]?.schema ?? 'public', this.#names));
    };
    // Knex wants one; it would throw values away.
    const down = (): Promise<never> => Promise.reject(new Error('there is no way back: restore a backup'));
    return Promise.resolve({ up, down });
  }
}
