import type { SecretKeyRef } from '../references.ts';
import { REFUSED_ADDRESS } from '../addresses.ts';
import { ANSWER_TOO_LARGE } from './transport.ts';

/** What the words about a failed connection need. */
export interface Endpoint {
  /** Host and port. */
  readonly host: string;
  readonly caSecretRef: SecretKeyRef | undefined;
  readonly serverName: string | undefined;
}

const NOT_SIGNED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

const WORDS: Readonly<Record<string, (endpoint: Endpoint) => string>> = {
  ECONNREFUSED: ({ host }) => `nothing listens at ${host}`,
  ECONNRESET: ({ host }) => `${host} cut the connection`,
  EPIPE: ({ host }) => `${host} cut the connection`,
  ETIMEDOUT: ({ host }) => `${host} does not answer in time`,
  EHOSTUNREACH: ({ host }) => `there is no way to ${host}`,
  ENETUNREACH: ({ host }) => `there is no way to ${host}`,
  ENOTFOUND: ({ host }) => `DNS does not know ${host}`,
  EAI_AGAIN: ({ host }) => `DNS can't tell at present where ${host} is`,
  EPROTO: ({ host }) => `${host} does not speak TLS, or no version that is safe: is the endpoint http://?`,
  ERR_SSL_WRONG_VERSION_NUMBER: ({ host }) => `${host} does not speak TLS: is the endpoint http://?`,
  CERT_HAS_EXPIRED: ({ host }) => `the certificate of ${host} has expired: renew it`,
  CERT_NOT_YET_VALID: ({ host }) => `the certificate of ${host} is not valid yet: compare the clocks`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ host, serverName }) =>
    `the certificate of ${host} is for other names than ${serverName ?? host}: set tls.serverName to one of them`,
  [REFUSED_ADDRESS]: ({ host }) => `${host} is a link-local or metadata address: a store can't be there`,
  [ANSWER_TOO_LARGE]: ({ host }) => `${host} answers with more than 32 MiB`,
};

/** Why there was no answer, from the code of node's error. The error itself is dropped: it may hold what was sent. */
export function connectionFailure(error: unknown, endpoint: Endpoint): string {
  const code = codeOf(error);
  if (NOT_SIGNED.has(code)) return notSigned(endpoint);
  if (code.startsWith('HPE_')) return `what answers at ${endpoint.host} is not HTTP: is the endpoint https://?`;
  return WORDS[code]?.(endpoint) ?? `the connection to ${endpoint.host} failed (${code})`;
}

function notSigned({ host, caSecretRef }: Endpoint): string {
  return caSecretRef === undefined
    ? `the certificate of ${host} is not signed by a known CA: set tls.caSecretRef to the one that signed it`
    : `the certificate of ${host} is not signed by the CA in Secret ${caSecretRef.name}, key ${caSecretRef.key}`;
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'no code';
}
