import { createHash } from 'node:crypto';

const PREFIX = 'spark-secrets-';
/** Spark names a volume `SECRET-volume`, which is a DNS label of 63 characters at most (injection by `spark.kubernetes.executor.secrets`). */
const MAX_LENGTH = 56;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** What a shortened name ends in, and a name that is used as it is therefore may not: else two bindings could share a Secret. */
const HASH_SUFFIX = /-h[0-9a-f]{16}$/;

/**
 * Name of the Secret of a binding: `spark-secrets-NAME` where that is a DNS label of at most 56 characters, else NAME is
 * shortened and a hash of it added. Two bindings of a namespace never share one.
 */
export function bindingSecretName(bindingName: string): string {
  const plain = PREFIX + bindingName;
  if (plain.length <= MAX_LENGTH && DNS_LABEL.test(plain) && !HASH_SUFFIX.test(plain)) return plain;
  const suffix = `-h${createHash('sha256').update(bindingName).digest('hex').slice(0, 16)}`;
  const readable = plain.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return readable.slice(0, MAX_LENGTH - suffix.length).replace(/-+$/, '') + suffix;
}
