import { expect } from 'chai';

import { helm } from '../../deploy/manifests/helm.ts';
import { chart, only, rendered } from './rendered-chart.ts';
import type { Manifest, PodSpec } from './rendered-chart.ts';

const NAME = 'try-spark-secrets-operator';
const APART = { 'apart.enabled': true };
type Labels = Readonly<Record<string, string>>;

interface DeploymentSpec {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: Labels };
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
}

describe('the chart with the operator’s parts apart', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  const of = (objects: readonly Manifest[], kind: string): readonly Manifest[] =>
    objects.filter((object) => object.kind === kind);

  async function deployments(values: object = {}): Promise<Record<string, DeploymentSpec>> {
    const objects = of(await rendered({ ...APART, ...values }), 'Deployment');
    return Object.fromEntries(objects.map(({ metadata, spec }) => [metadata.name, spec as DeploymentSpec]));
  }

  const selects = (selector: Labels, labels: Labels): boolean =>
    Object.entries(selector).every(([name, value]) => labels[name] === value);

  it('passes helm lint without a warning', async () => {
    expect(await helm('lint', '--strict', chart, '--set', 'apart.enabled=true')).to.include('0 chart(s) failed');
  });

  it('has a Deployment for each role, with an account and the ports of its own', async () => {
    const told = Object.entries(await deployments()).map(([name, { template }]) => {
      const [container] = template.spec.containers;
      const ports = container?.['ports'] as readonly { name: string }[];
      return [
        name.replace(NAME, ''),
        container?.env.find(({ name }) => name === 'ROLES')?.value,
        String(template.spec['serviceAccountName']).replace(NAME, ''),
        ports.map((port) => port.name).join(),
      ];
    });
    expect(told).to.deep.equal([
      ['', 'webhook', '-webhook', 'webhook,health'],
      ['-controller', 'controller', '', 'health'],
      ['-api', 'api', '-api', 'api,health'],
    ]);
  });

  it('can be changed over to, and back: what can’t be changed stays, and who calls finds the same Service', async () => {
    const before = await rendered();
    const { selector } = only(before, 'Deployment').spec as DeploymentSpec;
    expect((await deployments())[NAME]?.selector).to.deep.equal(selector);
    const after = await rendered(APART);
    for (const kind of ['Service', 'MutatingWebhookConfiguration', 'Secret', 'Lease'])
      expect(of(after, kind)).to.deep.equal(of(before, kind));
    // The pods that end then go on with it.
    const accounts = (objects: readonly Manifest[]) =>
      of(objects, 'ServiceAccount').map(({ metadata }) => metadata.name);
    expect(accounts(after)).to.include.members(accounts(before));
  });

  it('has one Service for all parts, and a budget for each', async () => {
    const objects = await rendered(APART);
    const { selector } = only(objects, 'Service').spec as { selector: Labels };
    const pods = Object.values(await deployments()).map(({ template }) => template.metadata.labels);
    expect(pods.filter((labels) => selects(selector, labels)).length).to.equal(3);
    const budgets = of(objects, 'PodDisruptionBudget').map(
      ({ spec }) => (spec as { selector: { matchLabels: Labels } }).selector.matchLabels,
    );
    expect(budgets.map((budget) => pods.findIndex((labels) => selects(budget, labels)))).to.deep.equal([0, 1, 2]);
    for (const labels of pods) expect(budgets.filter((budget) => selects(budget, labels)).length).to.equal(1);
  });

  it('gives each part its replicas and resources, else those of all', async () => {
    const set = { 'apart.api.replicas': 5, 'apart.api.resources': { limits: { cpu: '1' } }, replicas: 7 };
    const specs = await deployments(set);
    const resources = (name: string): unknown => specs[name]?.template.spec.containers[0]?.['resources'];
    expect(Object.values(specs).map(({ replicas }) => replicas)).to.deep.equal([2, 2, 5]);
    expect(resources(`${NAME}-api`)).to.deep.equal({ limits: { cpu: '1' } });
    expect(resources(NAME)).to.have.nested.property('limits.memory', '512Mi');
  });

  it('names the accounts as it is told', async () => {
    const set = { 'serviceAccount.name': 'a', 'apart.webhook.serviceAccount.name': 'b' };
    const named = Object.values(await deployments(set)).map(({ template }) => template.spec['serviceAccountName']);
    expect(named).to.deep.equal(['b', 'a', `${NAME}-api`]);
  });

  it('binds each account to its own rights, in each namespace of a list too', async () => {
    const objects = await rendered({ ...APART, namespaces: ['analytics'] });
    const bound = objects.flatMap((object) => {
      if (!object.kind.endsWith('Binding')) return [];
      const { roleRef, subjects } = object as unknown as { roleRef: { name: string }; subjects: { name: string }[] };
      return [`${object.metadata.namespace ?? '*'}: ${subjects[0]!.name} is ${roleRef.name}`.replaceAll(NAME, '~')];
    });
    expect(bound).to.have.members([
      ...['*: ~ is ~', '*: ~-api is ~-api'],
      ...['~', '~-webhook', '~-api'].flatMap((name) => [
        `apart: ${name} is ${name}`,
        `apart: ${name} is ${name}-watched`,
        `analytics: ${name} is ${name}-watched`,
      ]),
    ]);
  });

  it('lets the webhook reach no store', async () => {
    const set = { 'networkPolicy.enabled': true, 'networkPolicy.egress.enabled': true };
    const rules = { 'networkPolicy.egress.rules': [{ ports: [{ port: 5432 }] }] };
    const policies = of(await rendered({ ...APART, ...set, ...rules }), 'NetworkPolicy');
    const reach = policies.filter(({ spec }) => JSON.stringify(spec).includes('5432'));
    expect(reach.map(({ metadata }) => metadata.name)).to.deep.equal([`${NAME}-stores`]);
    expect(reach[0]?.spec)
      .to.have.nested.property('podSelector.matchExpressions')
      .that.deep.equals([{ key: 'app.kubernetes.io/component', operator: 'In', values: ['controller', 'api'] }]);
  });
});
