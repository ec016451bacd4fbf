import { createHash } from 'node:crypto';

const PREFIX = 'spark-secrets-';
/** Spark names a volume `SECRET-volume`, which is a DNS label of 63 characters at most (injection by `spark.kubernetes.executor.secrets`). */
const MAX_LENGTH = 56;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const FILES_SUFFIX = '-files';
/** What a shortened name, that of a run and that of files end in, and a name that is used as it is therefore may not: else two could share a Secret. */
const RESERVED_SUFFIX = /-(h[0-9a-f]{16}|run-[a-z0-9]{10}|files)$/;
const RUN = /^[a-z0-9]{10}$/;

/**
 * Name of the Secret of a binding: `spark-secrets-NAME` where that is a DNS label of at most 56 characters, else NAME is
 * shortened and a hash of it added. Two bindings of a namespace never share one.
 */
export function bindingSecretName(bindingName: string): string {
  return shortened(bindingName, MAX_LENGTH);
}

/**
 * Name of the Secret of one run of an application: the binding's, shortened where it must be, then `-run-RUN`. No other
 * run and no binding of the namespace has it. Throws RangeError when `run` is no name of a run.
 */
export function runSecretName(bindingName: string, run: string): string {
  if (!isRunName(run)) throw notARun();
  const suffix = `-run-${run}`;
  return shortened(bindingName, MAX_LENGTH - suffix.length) + suffix;
}

/**
 * Name of the Secret with the files of a binding: the binding's, shortened where it must be, then `-files`. With `run`
 * that of the copy for one run, `-run-RUN-files`. It is nobody else's. Throws as `runSecretName`.
 */
export function filesSecretName(bindingName: string, run?: string): string {
  if (run !== undefined && !isRunName(run)) throw notARun();
  const suffix = (run === undefined ? '' : `-run-${run}`) + FILES_SUFFIX;
  return shortened(bindingName, MAX_LENGTH - suffix.length) + suffix;
}

/** Whether a text has the form of a run's name: ten of a-z and 0-9. */
export function isRunName(text: string): boolean {
  return RUN.test(text);
}

function notARun(): RangeError {
  return new RangeError('not the name of a run: it has ten of a-z and 0-9');
}

function shortened(bindingName: string, length: number): string {
  const plain = PREFIX + bindingName;
  if (plain.length <= length && DNS_LABEL.test(plain) && !RESERVED_SUFFIX.test(plain)) return plain;
  const suffix = `-h${createHash('sha256').update(bindingName).digest('hex').slice(0, 16)}`;
  const readable = plain.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return readable.slice(0, length - suffix.length).replace(/-+$/, '') + suffix;
}
