import { MANIFEST_KINDS, UNDERSTOOD } from '../injection/explain/manifest.ts';

/** JSON Schema, draft 2020-12 as far as OpenAPI 3.1 and fastify's ajv agree. */
export type Schema = Readonly<Record<string, unknown>>;

/** Kubernetes' names: of namespaces, and of other objects. */
export const LABEL = '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$';
export const SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

/** Not `.`, and not `..`. */
const SEGMENT = '(?:[.]*[A-Za-z0-9_-][A-Za-z0-9._-]*|[.]{3,})';
const PATH = `${SEGMENT}(?:/${SEGMENT})*`;
const KEY = `^${PATH}$`;

export const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });
export const whole = (description: string, more: Schema = {}): Schema => ({ type: 'integer', description, ...more });
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
});

/** An object of these members, and no others; `optional` names those that may be missing. */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

export const time = (description: string): Schema => text(description, { format: 'date-time' });

/** What can stand in a path, by name. */
export const PARAMETERS = {
  namespace: text('A namespace of the cluster.', { pattern: LABEL, maxLength: 63, examples: ['platform'] }),
  store: text('Name of a SecretStoreConfig.', { pattern: SUBDOMAIN, maxLength: 253, examples: ['default'] }),
  key: text('A key with its slashes, as they are or as %2F: orders/DB_PASSWORD.', {
    pattern: KEY,
    maxLength: 512,
    examples: ['orders/DB_PASSWORD'],
  }),
} as const;

/** What can stand in a query, by name. */
export const QUERY = {
  consumer: text(
    'The namespace in whose name the caller asks, which the store grants keys to; only those are then seen.',
    { pattern: LABEL, maxLength: 63 },
  ),
  group: text('The group, such as orders/s3; the root when it is left out.', {
    pattern: `^(?:${PATH})?$`,
    maxLength: 512,
  }),
  search: text('Every key below the group whose path contains this text.', { minLength: 1, maxLength: 512 }),
  limit: whole('How many at most.', { minimum: 1, maximum: 1000, default: 200 }),
  /** The entry that a page ends with. */
  continue: text('As the page before told it.', { pattern: `^[kg]:${PATH}$`, maxLength: 514 }),
  /** Which process it was, and the number of its event. */
  auditContinue: text('As the page before told it.', { pattern: '^[0-9a-f]{8}-[1-9][0-9]{0,14}$', maxLength: 24 }),
  ifVersion: text('Only while the key has this version.', { minLength: 1, maxLength: 512 }),
  force: flag('Also while a running application uses the key.'),
  binding: text('The binding that covers the key, where several do of different stores.', {
    pattern: SUBDOMAIN,
    maxLength: 253,
  }),
  auditedKey: text('Only events of this key.', { pattern: KEY, maxLength: 512 }),
} as const;

const version = text('Opaque: compare it, nothing else.');

/** Members of bodies and answers. */
export const MEMBERS = {
  key: text('The key.'),
  version,
  value: text('The value, where it is text (UTF-8).'),
  valueBase64: text('The value in base64, where it is no text.'),
  continue: text('There is more: give it to the next request.'),
} as const;

/** The condition Ready, of a store or a binding. */
export const READY: Schema = object({
  status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
  reason: text('Why, in one word.'),
  message: text('Why, in a sentence, and what to do next.'),
});

/** The body of a write. */
export const WRITE_BODY: Schema = {
  ...object(
    {
      value: text('The value as text; 1 MiB at most.'),
      valueBase64: text('The value in base64; 1 MiB of bytes at most.', {
        pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
      }),
      ifVersion: {
        type: ['string', 'null'],
        maxLength: 512,
        description: 'Write only while the key has this version; null: only while it is not there.',
      },
    },
    ['value', 'valueBase64', 'ifVersion'],
  ),
  oneOf: [{ required: ['value'] }, { required: ['valueBase64'] }],
  description: 'the body is {"value": TEXT} or {"valueBase64": BASE64}: one of both, and ifVersion if you like.',
};

export const ROLLBACK_BODY: Schema = {
  ...object(
    {
      version: text('The version whose value the key is to have again.', { minLength: 1, maxLength: 512 }),
      ifVersion: text('Only while the key has this version.', { minLength: 1, maxLength: 512 }),
    },
    ['ifVersion'],
  ),
  description: 'the body is {"version": VERSION}, and ifVersion if you like.',
};

/** A revealed value. */
export const VALUE_ANSWER: Schema = object(
  { key: MEMBERS.key, version, value: MEMBERS.value, valueBase64: MEMBERS.valueBase64 },
  ['value', 'valueBase64'],
);

export const WRITE_ANSWER: Schema = object(
  {
    key: MEMBERS.key,
    version,
    created: flag('The key was not there before.'),
    unchanged: flag('The key had that value already: nothing was written.'),
  },
  ['unchanged'],
);

function manifestOf({ kind, group }: { readonly kind: string; readonly group: string }): Schema {
  const apiVersion = { type: 'string', pattern: group === '' ? '^[^/]+$' : `^${group.replaceAll('.', '[.]')}/` };
  return { properties: { apiVersion, kind: { const: kind } } };
}

/** One of both, as `explain` wants it. */
export const EXPLAIN_BODY: Schema = {
  ...object(
    {
      pod: text('Name of a pod of the namespace.', { pattern: SUBDOMAIN, maxLength: 253 }),
      manifest: {
        type: 'object',
        description: 'One object, as kubectl would apply it.',
        required: ['apiVersion', 'kind'],
        anyOf: MANIFEST_KINDS.map(manifestOf),
      },
    },
    ['pod', 'manifest'],
  ),
  oneOf: [{ required: ['pod'] }, { required: ['manifest'] }],
  description: `the body is {"pod": NAME} or {"manifest": {…}}: one of both. A manifest is a ${UNDERSTOOD}.`,
};

/** RFC 9457. */
export const PROBLEM: Schema = object(
  {
    type: text('about:blank.'),
    title: text('HTTP’s word for the status.'),
    status: whole('HTTP status.'),
    detail: text('What is wrong, and what to do. Never a value.'),
    code: text('A word for programs, where there is one: VersionConflict, InUse, NoBinding, …'),
  },
  ['code'],
);
