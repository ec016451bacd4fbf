import { expect } from 'chai';
import { renderInstaller } from '../../deploy/manifests/installer.ts';
import { merged } from '../../deploy/manifests/rules.ts';
import { manifests } from './rendered-chart.ts';

describe('installer.yaml', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  it('gives no right to grant more than one has, to act as another, or on what is not named', async () => {
    const rules = manifests(await renderInstaller()).flatMap((one) => one.rules ?? []);
    expect(rules.length).to.be.above(30);
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words).not.to.include.oneOf(['*', 'escalate', 'bind', 'impersonate', 'deletecollection']);
  });

  it('lets nothing of the cluster be changed or removed but by its name', async () => {
    const roles = manifests(await renderInstaller()).filter(({ kind }) => kind === 'ClusterRole');
    const ofCluster = /role|webhookconfigurations|policies|policybindings|customresourcedefinitions/;
    const wide = roles
      .flatMap(({ rules = [] }) => rules)
      .filter(({ resources, resourceNames }) => resourceNames === undefined && ofCluster.test(resources.join()));
    expect(wide.flatMap(({ verbs }) => verbs)).not.to.include.oneOf(['update', 'patch', 'delete', 'get']);
  });
});

describe('rules that are put together', () => {
  const rule = (resource: string, verbs: readonly string[], resourceNames?: readonly string[]) => ({
    ...{ apiGroups: [''], resources: [resource], verbs },
    ...(resourceNames === undefined ? {} : { resourceNames }),
  });

  it('have each right once, in the order of its use, and resources with the same verbs together', () => {
    const rules = [
      rule('pods', ['delete', 'get']),
      rule('pods', ['get', 'list']),
      rule('events', ['delete', 'get', 'list']),
    ];
    expect(merged(rules)).to.deep.equal([
      { apiGroups: [''], resources: ['events', 'pods'], verbs: ['get', 'list', 'delete'] },
    ]);
  });

  it('leave out for named objects what is allowed for all, and never the other way round', () => {
    const named = rule('secrets', ['get', 'update'], ['a']);
    expect(merged([named], [rule('secrets', ['get'])])).to.deep.equal([rule('secrets', ['update'], ['a'])]);
    expect(merged([rule('secrets', ['get'])], [named])).to.deep.equal([rule('secrets', ['get'])]);
    expect(merged([named, rule('secrets', ['get', 'update'])])).to.deep.equal([rule('secrets', ['get', 'update'])]);
  });
});
