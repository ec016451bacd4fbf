import { parseKey, type SecretKey } from '../api/secret-key.ts';
import { HttpProblem } from './problem.ts';
import { LABEL, SUBDOMAIN } from './schemas.ts';

/** What a request is about: what its path names, and in whose name it asks. */
export interface Target {
  readonly namespace?: string;
  readonly store?: string;
  readonly key?: SecretKey;
  readonly consumer?: string;
}

const NAMESPACE = new RegExp(LABEL);
const NAME = new RegExp(SUBDOMAIN);

/** Throws HttpProblem 400, without what was sent, for what can be no namespace, store or key. */
export function targetOf(
  parameters: Readonly<Record<string, string>>,
  query: Readonly<Record<string, unknown>>,
): Target {
  const { namespace, store, '*': key } = parameters;
  const { consumer } = query;
  return {
    ...(namespace === undefined ? {} : { namespace: named(namespace, NAMESPACE, 'the path names no namespace') }),
    ...(store === undefined ? {} : { store: named(store, NAME, 'the path names no store') }),
    ...(key === undefined ? {} : { key: keyOf(key) }),
    ...(consumer === undefined ? {} : { consumer: named(consumer, NAMESPACE, 'consumer is no namespace') }),
  };
}

/** The same as far as it can be told: for the audit of a request that is refused. */
export function targetAsFar(parameters: unknown, query: unknown): Target {
  try {
    return targetOf(parameters as Record<string, string>, query as Record<string, unknown>);
  } catch {
    return {};
  }
}

function named(value: unknown, pattern: RegExp, problem: string): string {
  if (typeof value === 'string' && value.length <= 253 && pattern.test(value)) return value;
  throw new HttpProblem(400, `${problem} that could be.`);
}

function keyOf(text: string): SecretKey {
  const key = parseKey(text);
  if (key !== undefined) return key;
  throw new HttpProblem(400, 'this is not the form of a key: write it like orders/DB_PASSWORD.');
}
