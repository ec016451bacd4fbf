import { expect } from 'chai';

import { helm } from '../../deploy/manifests/helm.ts';
import { chart, container, rendered } from './rendered-chart.ts';
import type { Manifest, Rule } from './rendered-chart.ts';

const NAME = 'try-spark-secrets-operator';
const LIST = { namespaces: ['analytics', 'platform'] };

interface Bound extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly object[];
}

describe('the chart with a list of namespaces', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  const of = (objects: readonly Manifest[], kind: string, name: string): readonly Manifest[] =>
    objects.filter((object) => object.kind === kind && object.metadata.name === name);

  const rulesOf = (manifests: readonly Manifest[]): readonly Rule[] => manifests.flatMap(({ rules = [] }) => rules);

  const reached = (rules: readonly Rule[]): string[] =>
    rules.flatMap(({ resources, verbs }) => resources.map((resource) => `${resource}: ${verbs.join(' ')}`));

  it('passes helm lint without a warning', async () => {
    expect(await helm('lint', '--strict', chart, '--set', 'namespaces={a,b}')).to.include('0 chart(s) failed');
  });

  it('gives the operator a Role in each of them and in its own', async () => {
    const objects = await rendered(LIST);
    const homes = (kind: string) => of(objects, kind, `${NAME}-watched`).map(({ metadata }) => metadata.namespace);
    expect(homes('Role')).to.deep.equal(['apart', 'analytics', 'platform']);
    expect(homes('RoleBinding')).to.deep.equal(['apart', 'analytics', 'platform']);
    for (const binding of of(objects, 'RoleBinding', `${NAME}-watched`)) {
      const { roleRef, subjects } = binding as Bound;
      expect(roleRef).to.include({ kind: 'Role', name: `${NAME}-watched` });
      expect(subjects).to.deep.equal([{ kind: 'ServiceAccount', name: NAME, namespace: 'apart' }]);
    }
  });

  it('leaves of its ClusterRole what belongs to no namespace', async () => {
    const own = rulesOf(of(await rendered(LIST), 'ClusterRole', NAME));
    expect(reached(own)).to.deep.equal([
      'namespaces: list watch',
      'tokenreviews: create',
      'subjectaccessreviews: create',
      'mutatingwebhookconfigurations: list watch patch update',
    ]);
  });

  it('loses no right on the way: each Role has what the ClusterRole has for the whole cluster', async () => {
    const whole = rulesOf(of(await rendered(), 'ClusterRole', NAME));
    const objects = await rendered(LIST);
    const small = rulesOf(of(objects, 'ClusterRole', NAME));
    for (const role of of(objects, 'Role', `${NAME}-watched`))
      expect([...rulesOf([role]), ...small]).to.have.deep.members([...whole]);
  });

  it('binds nobody to a ClusterRole but the operator to its own', async () => {
    const objects = await rendered(LIST);
    const bound = objects.filter(({ kind }) => kind === 'ClusterRoleBinding') as Bound[];
    expect(bound.map(({ roleRef }) => roleRef.name)).to.deep.equal([NAME]);
  });

  it('tells the operator the same list; without one, nothing', async () => {
    const told = async (values: object) =>
      container(await rendered(values as Record<string, unknown>)).env.find(({ name }) => name === 'WATCH_NAMESPACES')
        ?.value;
    expect(await told(LIST)).to.equal('apart,analytics,platform');
    expect(await told({ namespaces: ['apart'] })).to.equal('apart');
    expect(await told({})).to.equal(undefined);
    expect(await told({ namespaces: null })).to.equal(undefined);
  });

  it('has no object in common with another release of another namespace', async () => {
    const objects = await rendered(LIST);
    const other = await helm('template', 'other', chart, '--namespace', 'elsewhere', '--set', 'namespaces={sales}');
    for (const { kind, metadata } of objects.filter(({ kind }) => kind !== 'CustomResourceDefinition'))
      expect(other, `${kind} ${metadata.name}`).not.to.match(new RegExp(`^  name: ${metadata.name}$`, 'm'));
  });
});
