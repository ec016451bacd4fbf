import { withoutContent, type BindingSecret } from '../../operator/api/binding-secret.ts';
import type { Secret } from '../../operator/api/kinds.ts';
import type { SecretKey } from '../../operator/api/secret-key.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import type { Observed } from '../../operator/controllers/spark-job-secret-binding/observe.ts';
import { plan } from '../../operator/controllers/spark-job-secret-binding/plan.ts';
import { requirements } from '../../operator/injection/requirements.ts';
import { OperatorError, type ErrorCode } from '../../operator/errors.ts';
import type { Answer } from '../../operator/stores/cache.ts';
import { group, key } from './keys.ts';
import { binding, GRANT_ALL, storeConfig } from './objects.ts';

type Spec = ReturnType<typeof binding>['spec'];

/** What a store answered: its values, and the keys of its groups. */
export function answer(values: Record<string, string>, more: Partial<Answer> = {}): Answer {
  const versions = Object.entries(values).map(
    ([where, text]) => [key(where), { value: SecretValue.fromText(text), version: `v-${text}` }] as const,
  );
  return {
    values: new Map(versions),
    unknown: [],
    failed: new Map(),
    groups: new Map(),
    failedGroups: new Map(),
    failure: undefined,
    denied: [],
    withdrawn: [],
    ...more,
  };
}

/** A key of which the store can't tell. */
export function failed(where: string, code: ErrorCode): Map<SecretKey, OperatorError> {
  return new Map([[key(where), new OperatorError(code)]]);
}

export function groups(members: Record<string, string[]>): Map<ReturnType<typeof group>, SecretKey[]> {
  return new Map(Object.entries(members).map(([name, keys]) => [group(name), keys.map(key)]));
}

/** A binding of the key `A` whose store has it, in a namespace that is covered; nothing is written yet. */
export function observed(
  spec: Partial<Spec> = { env: [{ name: 'A', key: 'A' }] },
  more: Partial<Observed> = {},
): Observed {
  const bound = binding(spec);
  return {
    binding: bound,
    requirements: requirements(bound.spec),
    store: storeConfig({ access: GRANT_ALL }),
    storeNamespace: 'known',
    answer: answer({ A: '1', B: '2' }),
    leaseProblems: [],
    secretName: 'spark-secrets-orders',
    secret: undefined,
    filesName: 'spark-secrets-orders-files',
    files: undefined,
    coverage: 'covered',
    drivers: [],
    ...more,
  };
}

/** The same after the plan was carried out and the informers caught up. */
export function carriedOut(before: Observed, now: Date): Observed {
  const { secret, files, status } = plan(before, now);
  return {
    ...before,
    binding: { ...before.binding, status },
    secret: secret ? stored(secret) : before.secret,
    files: files ? stored(files) : before.files,
  };
}

function stored(secret: Secret): BindingSecret {
  const resourceVersion = `${Number(secret.metadata.resourceVersion ?? 0) + 1}`;
  return withoutContent({ ...secret, metadata: { ...secret.metadata, uid: secret.metadata.name, resourceVersion } });
}
