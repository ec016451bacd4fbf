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

/**
 * What transactions from number `since` on changed, of those that are committed; null: from the horizon on. Numbers that
 * this server has not come to are of another one, from which the rows were restored: only `since` 0 asks for these, too.
 */
export function selectNews({ table, history }: TableNames, since: string | null): Statement {
  const horizon = 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint';
  const from = `coalesce($1::bigint, ${horizon})`;
  const isNews = (number: string): string =>
    `${number} >= ${from} AND (${number} < pg_snapshot_xmax(pg_current_snapshot())::text::bigint OR $1::bigint = 0)`;
  return {
    text: `SELECT ${horizon} AS horizon, news.key, news.changed FROM (SELECT) one LEFT JOIN (
        SELECT key, changed FROM ${quoted(table)} WHERE ${isNews('changed')}
        UNION ALL
        SELECT key, replaced FROM ${quoted(history)} WHERE ${isNews('replaced')}
      ) news ON true`,
    values: [since],
  };
}
