import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CONFIG_MAP, SECRET_STORE_CONFIG, SPARK_JOB_SECRET_BINDING, type ConfigMap } from '../../operator/api/kinds.ts';
import { pathOf, type KubeKind, type KubeObject } from '../../operator/runtime/kube-object.ts';
import { WEBHOOK_CONFIGURATION, type WebhookConfiguration } from '../../operator/webhook/webhook-configuration.ts';
import { connect, type Connection, type ConnectionValues } from '../api/connect.ts';
import type { KubeApi, List } from '../cluster/kube-api.ts';
import { APP_LABEL, APP_NAME, findService, OPERATOR_NAMESPACE, PODS, type Pod } from '../cluster/operator-place.ts';
import { Refusal } from '../cluster/refusal.ts';
import { caConfigMapOf } from '../cluster/trust.ts';
import type { Io } from '../io.ts';
import type { ApiSeen, Crd, CrdSeen, Deployment, EndpointSlice, Installation, Lease } from './installation.ts';
import { look, type Looked } from './looked.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const kind = (group: string, plural: string, namespaced = true): KubeKind => ({
  ...{ group, version: 'v1', plural, kind: plural, namespaced },
});
const DEPLOYMENTS = kind('apps', 'deployments');
const SLICES = kind('discovery.k8s.io', 'endpointslices');
const LEASES = kind('coordination.k8s.io', 'leases');
const CRDS = kind('apiextensions.k8s.io', 'customresourcedefinitions', false);

/** Looks at everything, with the caller's rights, and changes nothing. Throws CommandProblem without a cluster. */
export async function observe(
  kube: KubeApi,
  values: ConnectionValues,
  io: Pick<Io, 'env' | 'signal'>,
): Promise<Installation> {
  const namespace = values['operator-namespace'] ?? OPERATOR_NAMESPACE;
  const service = await look(() => findService(kube, namespace));
  // The chart calls all its objects the same.
  const name = 'value' in service ? service.value.metadata.name : APP_NAME;
  const ours = `?labelSelector=${encodeURIComponent(`${APP_LABEL}=${APP_NAME}`)}`;
  const ofService = `?labelSelector=${encodeURIComponent(`kubernetes.io/service-name=${name}`)}`;
  const listed = <T>(what: string, path: string): Promise<Looked<readonly T[]>> =>
    look(async () => (await kube.get<List<T>>(what, path)).object.items);
  const found = <T>(what: string, path: string): Promise<Looked<T | undefined>> =>
    look(async () => (await kube.find<T>(what, path))?.object);
  const asked = await inParallel({
    deployment: look(async () => {
      const path = pathOf(DEPLOYMENTS, namespace) + ours;
      return (await kube.get<List<Deployment>>(`Deployments of ${namespace}`, path)).object.items[0];
    }),
    pods: listed<Pod>(`Pods of ${namespace}`, pathOf(PODS, namespace) + ours),
    slices: listed<EndpointSlice>(`EndpointSlices of ${namespace}`, pathOf(SLICES, namespace) + ofService),
    lease: look(() => kube.find<Lease>(`Lease ${namespace}/${name}`, pathOf(LEASES, namespace, name))),
    webhook: found<WebhookConfiguration>(
      `MutatingWebhookConfiguration ${name}`,
      pathOf(WEBHOOK_CONFIGURATION, undefined, name),
    ),
    authorities: found<ConfigMap>(
      `ConfigMap ${namespace}/${caConfigMapOf(name)}`,
      pathOf(CONFIG_MAP, namespace, caConfigMapOf(name)),
    ),
    stores: everywhere(kube, SECRET_STORE_CONFIG),
    bindings: everywhere(kube, SPARK_JOB_SECRET_BINDING),
    crds: Promise.all([SECRET_STORE_CONFIG, SPARK_JOB_SECRET_BINDING].map((each) => crdOf(kube, each))),
    ...byApi(values, io),
    version: ownVersion(),
  });
  return { namespace, service, ...asked };
}

async function inParallel<T extends Record<string, Promise<unknown>>>(
  asked: T,
): Promise<{ [N in keyof T]: Awaited<T[N]> }> {
  const entries = await Promise.all(
    Object.entries(asked).map(async ([name, promise]) => [name, await promise] as const),
  );
  return Object.fromEntries(entries) as { [N in keyof T]: Awaited<T[N]> };
}

/** All of a kind that the caller may see: of the whole cluster, else of the context's namespace. */
async function everywhere<T extends KubeObject>(kube: KubeApi, of: KubeKind<T>): Promise<Looked<readonly T[]>> {
  return look(async () => {
    try {
      return (await kube.get<List<T>>(`${of.kind}s of all namespaces`, pathOf(of))).object.items;
    } catch (error) {
      if (!Refusal.is(error, 403)) throw error;
      return (await kube.get<List<T>>(`${of.kind}s of ${kube.namespace}`, pathOf(of, kube.namespace))).object.items;
    }
  });
}

async function crdOf(kube: KubeApi, { plural, group }: KubeKind): Promise<CrdSeen> {
  const name = `${plural}.${group}`;
  const wanted = parse(await readFile(join(ROOT, 'crds', `${plural}.yaml`), 'utf8')) as Crd;
  const path = pathOf(CRDS, undefined, name);
  return {
    wanted,
    found: await look(async () => (await kube.find<Crd>(`CustomResourceDefinition ${name}`, path))?.object),
  };
}

async function ownVersion(): Promise<string> {
  return (JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }).version;
}

/** Two looks by one connection. */
function byApi(
  values: ConnectionValues,
  io: Pick<Io, 'env' | 'signal'>,
): { readonly certificate: Promise<Looked<Date>>; readonly api: Promise<Looked<ApiSeen>> } {
  const connection = connect(values, io);
  return {
    certificate: look(async () => certificateEnd(await connection)),
    api: look(async () => {
      const { api } = await connection;
      try {
        const caller = await api.caller();
        const seen = await api.stores();
        return { caller, stores: await Promise.all(seen.map((store) => api.storeInFull(store))) };
      } finally {
        await api.close();
      }
    }),
  };
}

async function certificateEnd({ open }: Connection): Promise<Date> {
  const socket = await open();
  const { valid_to: end } = socket.getPeerCertificate();
  socket.destroy();
  return new Date(end);
}
