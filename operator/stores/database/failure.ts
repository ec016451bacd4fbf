import { OperatorError, type ErrorCode } from '../../errors.ts';
import { REFUSED_ADDRESS } from '../addresses.ts';
import type { TableNames } from './names.ts';

type Failure = readonly [code: ErrorCode, detail: string];

/** By SQLSTATE, or by its first two letters: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const FAILURES: Readonly<Record<string, Failure>> = {
  '28': ['AuthenticationFailed', 'it refuses the user or password of the connection URL'],
  '3D000': ['AuthenticationFailed', 'the database that the connection URL names is not there'],
  '3F000': ['AuthenticationFailed', 'the schema is not there: create it, or set options=-csearch_path=… in the URL'],
  '08': ['StoreUnreachable', 'the connection was lost'],
  '57P01': ['StoreUnreachable', 'the server is being shut down, or an administrator cut the connection'],
  '57P02': ['StoreUnreachable', 'the server crashed'],
  '57P03': ['StoreUnreachable', 'the server is starting or shutting down'],
  '57014': ['StoreUnreachable', 'a statement took longer than it may'],
  '53300': ['StoreUnreachable', 'the server has no connection left'],
  '53': ['StoreUnreachable', 'the server lacks space or memory'],
  '25006': ['StoreUnreachable', 'the server only reads: the URL must name the primary'],
  '42P01': [
    'StoreUnreachable',
    'its tables are gone: restore them, or drop what is left of them and restart the operator to begin with none',
  ],
  '42P07': [
    'StoreUnreachable',
    "it has tables of that name that are not the operator's: set another spec.database.table",
  ],
  '42883': ['StoreUnreachable', 'it lacks a function: PostgreSQL 13 or later is needed'],
  '40': ['StoreUnreachable', 'the statement met another one: it is tried again'],
};

/** Errors of sockets and TLS, by Node's code. */
const CONNECTION: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
  ENOTFOUND: 'the name of its host is not known',
  EAI_AGAIN: 'the name of its host can not be looked up at present',
  ETIMEDOUT: 'it does not accept the connection',
  [REFUSED_ADDRESS]: 'its host is a link-local or metadata address: a store can not be there',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its host',
  CERT_HAS_EXPIRED: 'its certificate is out of date',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

const UNTRUSTED = /SELF_SIGNED|UNABLE_TO|CERT_/;

/**
 * Our error for one of pg, knex or a socket. Nothing of the original is kept, not as a cause either: `detail` quotes
 * rows, messages quote parameters.
 */
export function failureFrom(error: unknown, names: TableNames): OperatorError {
  if (error instanceof OperatorError) return error;
  const [code, detail] = failure(error, names);
  return new OperatorError(code, detail);
}

/** Whether another connection may do better at once: this one was cut. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  return /^(08|57P0[12])/.test(code) || ['ECONNRESET', 'EPIPE'].includes(code) || saysLost(error);
}

/** The code of pg or Node, or the empty string. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

function failure(error: unknown, names: TableNames): Failure {
  const code = codeOf(error);
  if (code === '42501') return ['AuthenticationFailed', missingGrants(names)];
  const known = FAILURES[code] ?? FAILURES[code.slice(0, 2)];
  if (known !== undefined && code.length === 5) return known;
  if (CONNECTION[code] !== undefined) return ['StoreUnreachable', CONNECTION[code]];
  if (UNTRUSTED.test(code))
    return ['StoreUnreachable', 'its certificate is not trusted: put its CA under ca.crt in the Secret of the URL'];
  if (/^[0-9A-Z]{5}$/.test(code)) return ['StoreUnreachable', `PostgreSQL failed with SQLSTATE ${code}`];
  return ['StoreUnreachable', wordless(error)];
}

/** Errors without a code are told apart by their message, of which nothing is passed on. */
function wordless(error: unknown): string {
  if (saysLost(error)) return 'the connection was lost';
  const message = error instanceof Error ? error.message : '';
  if (message.includes('Timeout acquiring')) return 'all of its connections are busy';
  if (message.includes('timeout')) return 'it does not accept the connection in time';
  if (message.includes('does not support SSL')) return 'it does not speak TLS: the URL must have sslmode=disable';
  if (/SASL|password must/.test(message)) return 'the login failed half-way';
  return 'the request failed';
}

function saysLost(error: unknown): boolean {
  return (
    error instanceof Error &&
    /Connection terminated|not queryable|Connection ended|Client was closed/.test(error.message)
  );
}

function missingGrants({ table, history, migrations }: TableNames): string {
  return [
    'its user lacks a right: GRANT SELECT, INSERT, UPDATE ON',
    `"${table}"; GRANT SELECT, INSERT, UPDATE, DELETE ON "${history}"; GRANT SELECT ON "${migrations}";`,
    'to have the operator make the tables, also GRANT CREATE ON SCHEMA',
  ].join(' ');
}
