import type { ConnectionOptions } from 'node:tls';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import { isRefusedAddress } from '../addresses.ts';

/** Where the database is and how to log in: everything, so that nothing comes from this machine's environment. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl: false | ConnectionOptions;
  readonly application_name: string;
  /** PostgreSQL's `options`, such as `-c search_path=secrets`. */
  readonly options?: string;
}

const PROTOCOLS = ['postgres:', 'postgresql:'];
const PARAMETERS = ['sslmode', 'application_name', 'options'];
const HOST = /^[A-Za-z0-9._:-]+$/;
/** PostgreSQL's `require` checks nothing and so protects from nobody in between: here it checks like `verify-full`. */
const VERIFYING = ['require', 'verify-ca', 'verify-full'];

/**
 * Reads a connection URL, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require`. `ca`: certificates to trust,
 * PEM. A URL never names a file: who may write it could have the operator read any.
 *
 * Throws CredentialsMissing in the words of `where` (which Secret and key), never with a part of the URL.
 */
export function connectionSettings(url: SecretValue, ca: SecretValue | undefined, where: string): ConnectionSettings {
  const refuse = (why: string): never => {
    throw new OperatorError('CredentialsMissing', `the connection URL in ${where} ${why}`);
  };
  const parsed = URL.parse(url.reveal().toString('utf8').trim()) ?? refuse('is no URL');
  if (!PROTOCOLS.includes(parsed.protocol)) refuse('must begin with postgresql://');
  const { sslmode, application_name = 'spark-secrets-operator', options } = parameters(parsed, refuse);
  return {
    ...login(parsed, refuse),
    port: parsed.port === '' ? 5432 : Number(parsed.port),
    ssl: tls(sslmode, ca) ?? refuse('must have sslmode disable, require, verify-full or no-verify'),
    application_name,
    ...(options === undefined ? {} : { options }),
  };
}

function parameters(url: URL, refuse: (why: string) => never): Readonly<Record<string, string>> {
  const given = Object.fromEntries(url.searchParams);
  if (Object.keys(given).every((name) => PARAMETERS.includes(name))) return given;
  return refuse(
    `may have the parameters ${PARAMETERS.join(', ')} only: no files, no sockets (certificates to trust: data key ca.crt of the same Secret)`,
  );
}

type Login = Pick<ConnectionSettings, 'host' | 'user' | 'password' | 'database'>;

function login(url: URL, refuse: (why: string) => never): Login {
  const { host, user, password, database } = decoded(url) ?? refuse('has broken percent-encoding');
  if (!HOST.test(host)) refuse('must name a host; sockets are not supported');
  if (isRefusedAddress(host)) refuse('names a link-local or metadata address: a store can not be there');
  if (user === '' || database === '') refuse('must name user and database');
  // PostgreSQL's messages end strings with it.
  if ([user, password, database].some((part) => part.includes('\0'))) refuse('must have no zero bytes');
  return { host, user, password, database };
}

function decoded(url: URL): Login | undefined {
  try {
    const parts = [url.hostname, url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent);
    const [host = '', user = '', password = '', database = ''] = parts;
    return { host: host.replace(/^\[(.*)\]$/, '$1'), user, password, database };
  } catch {
    return undefined;
  }
}

function tls(sslmode: string | undefined, ca: SecretValue | undefined): ConnectionSettings['ssl'] | undefined {
  if (sslmode === undefined || sslmode === 'disable') return false;
  if (sslmode === 'no-verify') return { rejectUnauthorized: false };
  if (!VERIFYING.includes(sslmode)) return undefined;
  return { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca: ca.reveal().toString('utf8') }) };
}
