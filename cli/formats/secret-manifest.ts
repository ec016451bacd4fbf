import { fields, text, type Fields } from '../../operator/injection/explain/shape.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { CommandProblem } from '../problem.ts';
import { base64Value } from './base64.ts';
import type { Entry } from './entry.ts';

/** What IOMETE calls the Secret of its store, and those of its domains. */
const IOMETE_STORE = /^iomete-secret-store(?:-([a-z0-9](?:[-a-z0-9]*[a-z0-9])?))?$/;

/** Whether a Secret is one that IOMETE keeps values in. */
export function isIometeStore(name: string): boolean {
  return IOMETE_STORE.test(name);
}

export function isSecret({ kind, apiVersion }: Fields): boolean {
  return kind === 'Secret' && apiVersion === 'v1';
}

/**
 * The values of a Secret, one for each entry of its data. With `domainGroups` those of `iomete-secret-store-DOMAIN` get the
 * group DOMAIN, as several domains may have the same names. Throws CommandProblem.
 */
export function secretEntries(secret: Fields, domainGroups: boolean): Entry[] {
  const name = text(fields(secret['metadata'])['name']) ?? '';
  const [, domain] = IOMETE_STORE.exec(name) ?? [];
  const before = domainGroups && domain !== undefined ? `${domain}/` : '';
  const where = (entry: string): string => `${entry} of Secret ${name}`;
  const plain = fields(secret['stringData']);
  const encoded = Object.entries(fields(secret['data'])).filter(([entry]) => !Object.hasOwn(plain, entry));
  return [
    ...encoded.map(([entry, value]) => ({ entry, value: base64Value(value, where(entry)) })),
    // As the API server does it, these win.
    ...Object.entries(plain).map(([entry, value]) => ({ entry, value: plainValue(value, where(entry)) })),
  ].map(({ entry, value }) => ({ key: before + entry, value, where: where(entry) }));
}

function plainValue(value: unknown, where: string): SecretValue {
  if (typeof value !== 'string') throw new CommandProblem(`${where} is no text: put its value in quotes`);
  return SecretValue.fromText(value);
}
