import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { parse } from 'yaml';

import { helm } from '../../deploy/manifests/helm.ts';
import { chart, container, failure, only, pod, rendered } from './rendered-chart.ts';
import type { Manifest } from './rendered-chart.ts';

describe('the chart', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  it('passes helm lint without a warning', async () => {
    expect(await helm('lint', '--strict', chart)).to.include('0 chart(s) failed');
  });

  it('makes exactly the objects that the operator needs, and no namespace', async () => {
    const kinds = (await rendered()).map((object) => object.kind);
    expect(kinds.toSorted()).to.deep.equal([
      'ClusterRole',
      'ClusterRole',
      'ClusterRole',
      'ClusterRole',
      'ClusterRoleBinding',
      'CustomResourceDefinition',
      'CustomResourceDefinition',
      'Deployment',
      'Lease',
      'MutatingWebhookConfiguration',
      'PodDisruptionBudget',
      'Role',
      'RoleBinding',
      'Secret',
      'Service',
      'ServiceAccount',
    ]);
  });

  it('leaves the content of what the operator writes to the operator', async () => {
    const objects = await rendered();
    expect(only(objects, 'MutatingWebhookConfiguration')).to.have.all.keys('apiVersion', 'kind', 'metadata');
    expect(only(objects, 'Lease')).to.have.all.keys('apiVersion', 'kind', 'metadata');
    expect(only(objects, 'Secret')).to.have.all.keys('apiVersion', 'kind', 'metadata', 'type');
  });

  it('names these three objects as it tells the operator', async () => {
    const objects = await rendered();
    const told = new Map(container(objects).env.map(({ name, value }) => [name, value]));
    expect(only(objects, 'MutatingWebhookConfiguration').metadata.name).to.equal(told.get('WEBHOOK_CONFIGURATION'));
    expect(only(objects, 'Lease').metadata.name).to.equal(told.get('LEASE_NAME'));
    expect(only(objects, 'Secret').metadata.name).to.equal(told.get('CERTIFICATE_SECRET'));
    expect(only(objects, 'Service').metadata.name).to.equal(told.get('WEBHOOK_SERVICE'));
  });

  it('keeps the custom resource definitions when it is uninstalled', async () => {
    const crds = (await rendered()).filter((object) => object.kind === 'CustomResourceDefinition');
    expect(crds.map((crd) => crd.metadata.name)).to.deep.equal([
      'secretstoreconfigs.secrets.iomete.com',
      'sparkjobsecretbindings.secrets.iomete.com',
    ]);
    for (const crd of crds) expect(crd.metadata.annotations).to.deep.equal({ 'helm.sh/resource-policy': 'keep' });
  });

  it('gives the operator every setting that it reads from its environment', async () => {
    const { env } = container(await rendered());
    expect(Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]))).to.deep.equal({
      POD_NAMESPACE: { fieldRef: { fieldPath: 'metadata.namespace' } },
      POD_NAME: { fieldRef: { fieldPath: 'metadata.name' } },
      SERVICE_ACCOUNT: { fieldRef: { fieldPath: 'spec.serviceAccountName' } },
      IDENTITY_NAMESPACES: 'apart',
      WEBHOOK_SERVICE: 'try-spark-secrets-operator',
      WEBHOOK_CONFIGURATION: 'try-spark-secrets-operator',
      WEBHOOK_PORT: '8443',
      API_PORT: '8444',
      HEALTH_PORT: '8080',
      LEASE_NAME: 'try-spark-secrets-operator',
      CERTIFICATE_SECRET: 'try-spark-secrets-operator-certificate',
      OPERATOR_IMAGE: 'spark-secrets-operator:0.1.0',
      LOG_LEVEL: 'info',
      CLUSTER_DOMAIN: 'cluster.local',
    });
  });

  it('makes pods that the restricted pod security standard admits', async () => {
    const objects = await rendered();
    const spec = pod(objects).spec;
    expect(spec['securityContext']).to.deep.equal({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container(objects)['securityContext']).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes', 'initContainers']) {
      expect(spec).not.to.have.property(field);
    }
  });

  it('never has fewer pods in a rollout than before it', async () => {
    expect(only(await rendered(), 'Deployment').spec).to.deep.include({
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
  });

  it('has a Service and a PodDisruptionBudget that select its pods', async () => {
    const objects = await rendered();
    const labels = pod(objects).metadata.labels;
    const service = only(objects, 'Service').spec as { selector: object; ports: object[] };
    const budget = only(objects, 'PodDisruptionBudget').spec as { selector: { matchLabels: object } };
    expect(labels).to.include(service.selector);
    expect(labels).to.include(budget.selector.matchLabels);
    expect(service.ports).to.deep.equal([
      { name: 'webhook', port: 443, targetPort: 'webhook', appProtocol: 'https' },
      { name: 'api', port: 8443, targetPort: 'api', appProtocol: 'https' },
    ]);
    expect(container(objects)['ports']).to.deep.include({ name: 'webhook', containerPort: 8443 });
    expect(container(objects)['ports']).to.deep.include({ name: 'api', containerPort: 8444 });
  });

  it('has a comment in every paragraph of its values', async () => {
    const paragraphs = (await readFile(join(chart, 'values.yaml'), 'utf8')).split('\n\n');
    expect(paragraphs.length).to.be.greaterThan(10);
    for (const paragraph of paragraphs) expect(paragraph).to.match(/^ *# /m);
  });
});

type Look = (objects: readonly Manifest[]) => unknown;
const spec: Look = (objects) => pod(objects).spec;
const box: Look = (objects) => container(objects);
const labelled: Look = (objects) => objects.filter((object) => object.metadata.labels?.['team'] === 'data').length;
const annotated: Look = (objects) =>
  objects.filter((object) => object.metadata.annotations?.['team'] === 'data').length;
const kinds: Look = (objects) => objects.map((object) => object.kind);
const account = 'ServiceAccount';

/** What a value changes in the rendered objects. */
const effects: Record<string, { set: Record<string, unknown>; look: Look; sees: unknown; not?: true }> = {
  'replicas sets the number of pods': {
    set: { replicas: 3 },
    look: (objects) => only(objects, 'Deployment').spec,
    sees: { replicas: 3 },
  },
  'replicas of one leaves out the budget that would block the drain of a node': {
    set: { replicas: 1 },
    look: (objects) => kinds(objects),
    sees: 'PodDisruptionBudget',
    not: true,
  },
  'pdb.enabled leaves out the budget': {
    set: { 'pdb.enabled': false },
    look: kinds,
    sees: 'PodDisruptionBudget',
    not: true,
  },
  'pdb.minAvailable takes a percentage': {
    set: { 'pdb.minAvailable': '50%' },
    look: (objects) => only(objects, 'PodDisruptionBudget').spec,
    sees: { minAvailable: '50%' },
  },
  'image names another registry and tag': {
    set: { 'image.repository': 'registry.example:5000/team/operator', 'image.tag': 'abc' },
    look: box,
    sees: { image: 'registry.example:5000/team/operator:abc' },
  },
  'image.digest pins the bytes': {
    set: { 'image.digest': `sha256:${'a'.repeat(64)}` },
    look: box,
    sees: { image: `spark-secrets-operator:0.1.0@sha256:${'a'.repeat(64)}` },
  },
  'image.pullPolicy is the container’s': {
    set: { 'image.pullPolicy': 'Never' },
    look: box,
    sees: { imagePullPolicy: 'Never' },
  },
  'imagePullSecrets are the pod’s': {
    set: { imagePullSecrets: [{ name: 'pull' }] },
    look: spec,
    sees: { imagePullSecrets: [{ name: 'pull' }] },
  },
  'logLevel reaches the operator': {
    set: { logLevel: 'debug' },
    look: (objects) => container(objects).env,
    sees: { name: 'LOG_LEVEL', value: 'debug' },
  },
  'clusterDomain reaches the operator': {
    set: { clusterDomain: 'k8s.example' },
    look: (objects) => container(objects).env,
    sees: { name: 'CLUSTER_DOMAIN', value: 'k8s.example' },
  },
  'crds.install leaves out the custom resource definitions': {
    set: { 'crds.install': false },
    look: kinds,
    sees: 'CustomResourceDefinition',
    not: true,
  },
  'serviceAccount.name names the account': {
    set: { 'serviceAccount.name': 'other' },
    look: (objects) => [only(objects, account).metadata.name, pod(objects).spec['serviceAccountName']].join(),
    sees: 'other,other',
  },
  'serviceAccount.annotations are the account’s': {
    set: { 'serviceAccount.annotations': { role: 'x' } },
    look: (objects) => only(objects, account).metadata.annotations,
    sees: { role: 'x' },
  },
  'resources replace single amounts': {
    set: { 'resources.limits.memory': '1Gi' },
    look: box,
    sees: { resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '1Gi' } } },
  },
  'priorityClassName is the pod’s': {
    set: { priorityClassName: 'system-cluster-critical' },
    look: spec,
    sees: { priorityClassName: 'system-cluster-critical' },
  },
  'nodeSelector is the pod’s': {
    set: { nodeSelector: { disk: 'ssd' } },
    look: spec,
    sees: { nodeSelector: { disk: 'ssd' } },
  },
  'tolerations are the pod’s': {
    set: { tolerations: [{ operator: 'Exists' }] },
    look: spec,
    sees: { tolerations: [{ operator: 'Exists' }] },
  },
  'affinity is the pod’s': {
    set: { affinity: { podAffinity: {} } },
    look: spec,
    sees: { affinity: { podAffinity: {} } },
  },
  'labels are on every object but the custom resource definitions': {
    set: { labels: { team: 'data' } },
    look: labelled,
    sees: 14,
  },
  'annotations are on every object but the custom resource definitions': {
    set: { annotations: { team: 'data' } },
    look: annotated,
    sees: 14,
  },
  'podLabels are the pod’s': {
    set: { podLabels: { mesh: 'off' } },
    look: (objects) => pod(objects).metadata.labels,
    sees: { mesh: 'off' },
  },
  'podAnnotations are the pod’s': {
    set: { podAnnotations: { mesh: 'off' } },
    look: (objects) => pod(objects).metadata.annotations,
    sees: { mesh: 'off' },
  },
};

describe('a value of the chart', function () {
  this.timeout(60_000);

  for (const [name, { set, look, sees, not }] of Object.entries(effects)) {
    it(name, async () => {
      const seen = look(await rendered(set));
      if (not === true) expect(seen).not.to.include(sees);
      else if (typeof sees === 'object') expect(seen).to.deep.include(sees);
      else expect(seen).to.equal(sees);
    });
  }

  const nonsense: Record<string, { set: Record<string, unknown>; says: RegExp }> = {
    'that does not exist': { set: { replica: 2 }, says: /additional properties 'replica' not allowed/ },
    'that does not exist in a group': {
      set: { 'image.name': 'x' },
      says: /at '\/image': additional properties 'name'/,
    },
    'of no replicas': { set: { replicas: 0 }, says: /at '\/replicas': minimum: got 0, want 1/ },
    'of replicas as text': { set: { replicas: 'two' }, says: /at '\/replicas': got string, want integer/ },
    'of an unknown log level': {
      set: { logLevel: 'loud' },
      says: /at '\/logLevel': value must be one of 'trace', 'debug'/,
    },
    'of a cut digest': {
      set: { 'image.digest': 'sha256:abc' },
      says: /at '\/image\/digest': .*does not match pattern/,
    },
    'of a budget of no pods': { set: { 'pdb.minAvailable': 0 }, says: /at '\/pdb\/minAvailable'/ },
    'of a pull secret without a name': { set: { imagePullSecrets: [{}] }, says: /missing property 'name'/ },
    'of a label that is not text': { set: { labels: { a: 1 } }, says: /at '\/labels\/a': got number, want string/ },
    'of a list of namespaces': { set: { namespaces: ['a'] }, says: /not supported yet. Leave it empty: / },
  };
  for (const [name, { set, says }] of Object.entries(nonsense)) {
    it(`${name} is refused with the reason`, async () => {
      expect(await failure(rendered(set))).to.match(says);
    });
  }

  it('is described by the schema, and the schema describes no other', async () => {
    const values = parse(await readFile(join(chart, 'values.yaml'), 'utf8')) as Record<string, unknown>;
    const schema = JSON.parse(await readFile(join(chart, 'values.schema.json'), 'utf8')) as { properties: object };
    expect(['global', ...Object.keys(values)].toSorted()).to.deep.equal(Object.keys(schema.properties).toSorted());
  });
});
