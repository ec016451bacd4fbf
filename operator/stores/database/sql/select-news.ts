import { quoted, type TableNames } from '../names.ts';
import type { Statement } from '../statement.ts';

/** One change. A first answer without any has a row with nulls. */
export interface News {
  /** Of the oldest transaction that was not over when this was asked: what it changes, is told the next time. */
  readonly horizon: string;
  readonly key: string | null;
  /** Number of the transaction that changed it. */
  readonly changed: string | null;
}

/** What transactions from number `since` on changed, of those that are committed; null: from the horizon on. */
export function selectNews({ table, history }: TableNames, since: string | null): Statement {
  const horizon = 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint';
  const from = `coalesce($1::bigint, ${horizon})`;
  return {
    text: `SELECT ${horizon} AS horizon, news.key, news.changed FROM (SELECT) one LEFT JOIN (
        SELECT key, changed FROM ${quoted(table)} WHERE changed >= ${from}
        UNION
        SELECT key, replaced FROM ${quoted(history)} WHERE replaced >= ${from}
      ) news ON true`,
    values: [since],
  };
}
