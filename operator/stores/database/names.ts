import { createHash } from 'node:crypto';

/** What belongs to one table of secrets in the database. Every name derives from the table's. */
export interface TableNames {
  /** The present rows: one a key, also for a key that was removed. */
  readonly table: string;
  /** Former rows of the same keys. */
  readonly history: string;
  /** Which migrations were run. */
  readonly migrations: string;
  /** Channel of NOTIFY. */
  readonly channel: string;
}

/** PostgreSQL: an identifier has 63 bytes; a longer one is cut without a word. Knex adds `_lock` to one of ours. */
const MAX_NAME = 63 - '_lock'.length;

export function tableNames(table: string): TableNames {
  return {
    table,
    history: derivedName(table, '_history'),
    migrations: derivedName(table, '_migrations'),
    channel: derivedName(table, '_changed'),
  };
}

/** `TABLE` and `suffix`; of a long table's name a part gives way to its digest, so that two never get one name. */
export function derivedName(table: string, suffix: string): string {
  if (table.length + suffix.length <= MAX_NAME) return table + suffix;
  const digest = createHash('sha256').update(table).digest('hex').slice(0, 8);
  return `${table.slice(0, MAX_NAME - suffix.length - digest.length - 1)}_${digest}${suffix}`;
}

/** Names keep their case: `SELECT * FROM "Secrets"`. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL that takes no values. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
