import { expect } from 'chai';
import { ANNOTATIONS, LABELS } from '../../operator/api/group.ts';
import { MERGE_CONTAINER } from '../../operator/injection/merge-container.ts';
import { failure, only, rendered } from './rendered-chart.ts';

const ON = { 'finalStateGuard.enabled': true };
const POLICY = 'ValidatingAdmissionPolicy';
const BINDING = 'ValidatingAdmissionPolicyBinding';

interface PolicySpec {
  readonly failurePolicy: string;
  readonly matchConditions: readonly { readonly expression: string }[];
  readonly variables: readonly { readonly expression: string }[];
}

describe('the final-state guard of the chart', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  it('is a policy of the cluster, so that it is made only where it is asked for', async () => {
    const kinds = async (values: object): Promise<string[]> =>
      (await rendered({ ...values })).map(({ kind }) => kind).filter((kind) => kind.startsWith(POLICY));
    expect(await kinds({})).to.deep.equal([]);
    expect(await kinds(ON)).to.have.members([POLICY, BINDING]);
  });

  it('binds its own policy, to namespaces that ask for it', async () => {
    const objects = await rendered(ON);
    expect(only(objects, BINDING).spec).to.deep.equal({
      policyName: only(objects, POLICY).metadata.name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'secrets.iomete.com/require': 'true' } } },
    });
  });

  it('looks for what the operator gives to pods, by its very names', async () => {
    const { failurePolicy, matchConditions, variables } = only(await rendered(ON), POLICY).spec as PolicySpec;
    const looked = [...matchConditions, ...variables].map(({ expression }) => expression).join('\n');
    for (const name of [LABELS.injected, ANNOTATIONS.bindings, MERGE_CONTAINER]) expect(looked).to.include(`'${name}'`);
    expect(failurePolicy).to.equal('Fail');
  });

  it('has the labels and annotations of the values, as every object of the chart', async () => {
    const objects = await rendered({ ...ON, labels: { team: 'data' }, annotations: { team: 'data' } });
    for (const kind of [POLICY, BINDING]) {
      expect(only(objects, kind).metadata.labels).to.include({ team: 'data' });
      expect(only(objects, kind).metadata.annotations).to.include({ team: 'data' });
    }
  });

  it('refuses a value that is no yes or no', async () => {
    expect(await failure(rendered({ 'finalStateGuard.enabled': 'yes' }))).to.match(/got string, want boolean/);
  });
});
