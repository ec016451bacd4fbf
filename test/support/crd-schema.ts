import { Ajv, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A parsed object of Kubernetes. */
export type Manifest = Readonly<Record<string, unknown>>;

const FOLDER = join(import.meta.dirname, '..', '..', 'crds');
const ajv = new Ajv({ strict: false, validateFormats: false });
const validators = new Map<string, ValidateFunction>();

/** Whether `kind` is one of ours. */
export function isOurs(kind: unknown): kind is string {
  return kind === 'SecretStoreConfig' || kind === 'SparkJobSecretBinding';
}

/** Fails unless the object of one of our kinds has the form that the API server accepts with strict validation; CEL rules aside. */
export function expectValid(object: Manifest, where = ''): void {
  const file = join(FOLDER, `${String(object['kind']).toLowerCase()}s.yaml`);
  expectValidBy(() => parse(readFileSync(file, 'utf8')) as Manifest, object, where);
}

/** The same by any definition, which is asked for once for each kind. */
export function expectValidBy(definition: () => Manifest, object: Manifest, where = ''): void {
  const kind = String(object['kind']);
  const validate = validators.get(kind) ?? ajv.compile(schemaOf(definition()));
  validators.set(kind, validate);
  expect(validate(object), `${where} ${kind}: ${ajv.errorsText(validate.errors)}`).to.be.true;
}

function schemaOf(definition: Manifest): object {
  const { versions } = definition['spec'] as {
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: object } }];
  };
  return closed(versions[0].schema.openAPIV3Schema) as object;
}

/** No field that the schema does not have, except in objects as a whole, whose metadata it leaves open. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  const { properties } = inner as { properties?: Manifest };
  if (properties === undefined || typeof properties['spec'] === 'object') return inner;
  return { ...inner, additionalProperties: false };
}
