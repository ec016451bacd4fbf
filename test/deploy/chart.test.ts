import { expect } from 'chai';

import { helm } from '../../deploy/manifests/helm.ts';
import { chart, container, kindsOf, manifests, only, pod, rendered } from './rendered-chart.ts';
import type { Manifest } from './rendered-chart.ts';

describe('the chart', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  it('passes helm lint without a warning', async () => {
    expect(await helm('lint', '--strict', chart)).to.include('0 chart(s) failed');
  });

  it('makes exactly the objects that the operator needs, and no namespace', async () => {
    expect(kindsOf(await rendered()).toSorted()).to.deep.equal([
      'ClusterRole',
      'ClusterRole',
      'ClusterRole',
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'CustomResourceDefinition',
      'CustomResourceDefinition',
      'Deployment',
      'Lease',
      'MutatingWebhookConfiguration',
      'PodDisruptionBudget',
      'Role',
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
    expect(only(objects, 'ConfigMap')).to.have.all.keys('apiVersion', 'kind', 'metadata');
  });

  it('names these objects as it tells the operator', async () => {
    const objects = await rendered();
    const told = new Map(container(objects).env.map(({ name, value }) => [name, value]));
    expect(only(objects, 'MutatingWebhookConfiguration').metadata.name).to.equal(told.get('WEBHOOK_CONFIGURATION'));
    expect(only(objects, 'Lease').metadata.name).to.equal(told.get('LEASE_NAME'));
    expect(only(objects, 'Secret').metadata.name).to.equal(told.get('CERTIFICATE_SECRET'));
    expect(only(objects, 'ConfigMap').metadata.name).to.equal(told.get('CA_CONFIG_MAP'));
    expect(only(objects, 'Service').metadata.name).to.equal(told.get('WEBHOOK_SERVICE'));
  });

  it('has the custom resource definitions where Helm installs them first, so that a release can have a store', async () => {
    const crds = (await rendered()).filter((object) => object.kind === 'CustomResourceDefinition');
    expect(crds.map((crd) => crd.metadata.name)).to.deep.equal([
      'secretstoreconfigs.secrets.iomete.com',
      'sparkjobsecretbindings.secrets.iomete.com',
    ]);
    expect(kindsOf(manifests(await helm('template', 'try', chart)))).not.to.include('CustomResourceDefinition');
    // Helm leaves them anyway when the release is uninstalled; this makes Argo CD do so too.
    for (const crd of crds) expect(crd.metadata.annotations).to.include({ 'helm.sh/resource-policy': 'keep' });
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
      CA_CONFIG_MAP: 'try-spark-secrets-operator-ca',
      OPERATOR_IMAGE: 'spark-secrets-operator:0.2.0',
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
});

type Look = (objects: readonly Manifest[]) => unknown;
const spec: Look = (objects) => pod(objects).spec;
const box: Look = (objects) => container(objects);
const labelled: Look = (objects) => objects.filter((object) => object.metadata.labels?.['team'] === 'data').length;
const annotated: Look = (objects) =>
  objects.filter((object) => object.metadata.annotations?.['team'] === 'data').length;
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
    look: kindsOf,
    sees: 'PodDisruptionBudget',
    not: true,
  },
  'pdb.enabled leaves out the budget': {
    set: { 'pdb.enabled': false },
    look: kindsOf,
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
    sees: { image: `spark-secrets-operator:0.2.0@sha256:${'a'.repeat(64)}` },
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
  'fullnameOverride names everything': {
    set: { fullnameOverride: 'secrets' },
    look: (objects) => [...new Set(objects.map(({ metadata }) => metadata.name.split('-')[0]))].toSorted().join(),
    sees: 'secrets,secretstoreconfigs.secrets.iomete.com,sparkjobsecretbindings.secrets.iomete.com',
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
    sees: 16,
  },
  'annotations are on every object but the custom resource definitions': {
    set: { annotations: { team: 'data' } },
    look: annotated,
    sees: 16,
  },
  'topologySpreadConstraints take the place of the wishes, and select the pods by themselves': {
    set: { topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' }] },
    look: spec,
    sees: {
      topologySpreadConstraints: [
        {
          topologyKey: 'zone',
          maxSkew: 2,
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: {
            matchLabels: {
              'app.kubernetes.io/name': 'spark-secrets-operator',
              'app.kubernetes.io/instance': 'try',
            },
          },
        },
      ],
    },
  },
  'service.annotations are the Service’s': {
    set: { 'service.annotations': { scheme: 'https' } },
    look: (objects) => only(objects, 'Service').metadata.annotations,
    sees: { scheme: 'https' },
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
});
