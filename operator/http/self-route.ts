import { ANNOTATIONS, DRIVER_ROLES, LABELS } from '../api/group.ts';
import { POD, storeOf, storeRefOf, type SparkJobSecretBinding } from '../api/kinds.ts';
import { groupOf, type SecretKey } from '../api/secret-key.ts';
import type { Pod } from '../injection/pod.ts';
import { selects } from '../injection/select.ts';
import type { KubeClient } from '../runtime/kube-client.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Lister } from '../runtime/lister.ts';
import type { StoreDesk } from '../stores/cache.ts';
import { podOf, type Caller, type CallingPod } from './callers.ts';
import { keyIn, noKey } from './key-routes.ts';
import { HttpProblem } from './problem.ts';
import { revealed } from './revealed.ts';
import type { ApiRequest, ApiRoute } from './route.ts';
import { MEMBERS, object, QUERY, text } from './schemas.ts';
import { consumerOf, type StoreSources } from './store-access.ts';
import { covers } from './usage.ts';
import { refuseUnknown } from './watched.ts';

export interface SelfRouteOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly desk: StoreDesk;
  readonly sources: StoreSources & { readonly bindings: Pick<Lister<SparkJobSecretBinding>, 'list'> };
}

/** A pod as it is read for this. */
type RealPod = KubeObject & Pod;

/**
 * GET /api/v1/self/keys/{key}: for Spark's pods, with the token that is mounted in them. No right of the cluster is
 * asked for: a pod may read what bindings that select it cover, by what their stores grant.
 */
export function selfRoute(options: SelfRouteOptions): ApiRoute {
  return {
    method: 'GET',
    path: '/api/v1/self/keys/{key}',
    operation: 'readOwnValue',
    summary: 'For pods: the value of a key that a binding covers',
    description:
      'The token is that of the pod’s ServiceAccount, as it is mounted in it. The key has to be covered by a binding of its namespace that selects the pod (an executor: its driver).',
    query: { binding: QUERY.binding },
    answers: {
      200: object(
        {
          key: MEMBERS.key,
          version: MEMBERS.version,
          value: MEMBERS.value,
          valueBase64: MEMBERS.valueBase64,
          binding: text('The binding that covers it.'),
        },
        ['value', 'valueBase64'],
      ),
    },
    problems: [404, 409, 502],
    access: 'known',
    audited: true,
    answer: (request) => answer(options, request),
  };
}

async function answer({ client, desk, sources }: SelfRouteOptions, request: ApiRequest): Promise<unknown> {
  const { caller, signal, note } = request;
  const key = keyIn(request);
  const self = callingPod(caller);
  refuseUnknown(self.namespace, sources.scope);
  const binding = chosen(await standing(client, self, request), { key, self, request }, sources.bindings);
  const { namespace, name } = storeRefOf(binding);
  note({ namespace, store: name, binding: binding.metadata.name, consumer: self.namespace });
  const config = sources.stores.get(namespace, name);
  if (config === undefined) {
    refuseUnknown(namespace, sources.scope);
    throw new HttpProblem(
      404,
      `binding ${binding.metadata.name} names the store ${namespace}/${name}, which is not there.`,
      {
        code: 'StoreNotFound',
      },
    );
  }
  const found = await desk.read({ config, who: consumerOf(self.namespace, sources) }, key, signal);
  if (found === undefined) throw noKey(key);
  note({ version: found.version });
  return { key, version: found.version, ...revealed(found.value), binding: binding.metadata.name };
}

function callingPod(caller: Caller): CallingPod {
  const self = podOf(caller);
  if (self !== undefined) return self;
  throw new HttpProblem(
    403,
    'this is for pods: send the token that is mounted in the pod, which tells which one it is.',
    {
      code: 'NoPod',
    },
  );
}

/** The pod by which bindings are chosen: the one that calls, or its driver. */
async function standing(client: Pick<KubeClient, 'get'>, self: CallingPod, { signal }: ApiRequest): Promise<RealPod> {
  const pod = await realPod(client, self, signal);
  refuseOther(pod, self);
  if (pod.metadata.labels?.['spark-role'] !== 'executor') return pod;
  const driver = pod.metadata.ownerReferences?.find(({ kind }) => kind === 'Pod');
  if (driver === undefined)
    throw new HttpProblem(403, 'this executor belongs to no driver pod: its bindings are those of its driver.', {
      code: 'NoBinding',
    });
  return realPod(client, { namespace: self.namespace, name: driver.name, uid: driver.uid }, signal);
}

const ROLES: readonly (string | undefined)[] = [...DRIVER_ROLES, 'executor'];

/** Throws HttpProblem 403 for a pod that bindings are not for, whatever its labels: the same as for the webhook. */
function refuseOther({ metadata: { labels = {} } }: RealPod, { name }: CallingPod): void {
  if (ROLES.includes(labels['spark-role']) || labels[LABELS.inject] === 'true') return;
  throw new HttpProblem(403, `pod ${name} is no Spark pod: give it the label ${LABELS.inject}: "true".`, {
    code: 'NoBinding',
  });
}

async function realPod(client: Pick<KubeClient, 'get'>, of: CallingPod, signal: AbortSignal): Promise<RealPod> {
  const pod = await client.get(POD, of.namespace, of.name, signal);
  if (pod?.metadata.uid === of.uid) return pod;
  throw new HttpProblem(403, `pod ${of.namespace}/${of.name} is gone.`, { code: 'NoPod' });
}

interface Wanted {
  readonly key: SecretKey;
  readonly self: CallingPod;
  readonly request: Pick<ApiRequest, 'query'>;
}

/** The binding that covers the key. Throws HttpProblem 403, which says what to add, and 409. */
function chosen(
  pod: RealPod,
  { key, self, request }: Wanted,
  bindings: Pick<Lister<SparkJobSecretBinding>, 'list'>,
): SparkJobSecretBinding {
  const noted = pod.metadata.annotations?.[ANNOTATIONS.bindings]?.split(',') ?? [];
  const selecting = bindings
    .list(self.namespace)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ metadata, spec }) => noted.includes(metadata.name) || selects(spec.selector, pod));
  const isExecutor = pod.metadata.uid !== self.uid;
  const wanted = selecting.filter(({ metadata }) => (request.query.binding ?? metadata.name) === metadata.name);
  const covering = wanted.filter((binding) => covers(isExecutor ? ofExecutors(binding) : binding, key));
  const [first, ...others] = covering.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  if (first === undefined) throw new HttpProblem(403, advice(key, self, selecting), { code: 'NoBinding' });
  const another = others.find((other) => storeOf(other) !== storeOf(first));
  if (another === undefined) return first;
  const names = `${first.metadata.name} and ${another.metadata.name}`;
  throw new HttpProblem(409, `bindings ${names} cover ${key} in different stores: say which with ?binding=NAME.`, {
    code: 'Conflict',
  });
}

/** Without the variables that are for drivers alone. */
function ofExecutors(binding: SparkJobSecretBinding): SparkJobSecretBinding {
  const env = binding.spec.env?.filter(({ targets }) => targets?.includes('executor') ?? true);
  return env === undefined ? binding : { ...binding, spec: { ...binding.spec, env } };
}

function advice(key: SecretKey, { namespace, name }: CallingPod, selecting: readonly SparkJobSecretBinding[]): string {
  const entry = `references: [{key: ${key}}]`;
  if (selecting.length === 0)
    return `no SparkJobSecretBinding of namespace ${namespace} selects pod ${name}: add one whose selector matches it, with ${entry}.`;
  const names = selecting.map(({ metadata }) => metadata.name).join(', ');
  return `pod ${name} is selected by ${names}, which does not cover ${key} for it: add ${entry} to one of them, or a group that holds ${groupOf(key) === '' ? 'it' : groupOf(key)}.`;
}
