import { expect } from 'chai';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import { TerminalError } from '../../operator/runtime/reconciler.ts';
import { SECRET as CERTIFICATE_SECRET } from '../../operator/api/kinds.ts';
import { selectedNamespaces } from '../../operator/webhook/coverage.ts';
import type { Webhook, WebhookConfiguration } from '../../operator/webhook/webhook-configuration.ts';
import { WEBHOOK_CONFIGURATION } from '../../operator/webhook/webhook-configuration.ts';
import { CONFIGURATION, KeeperWorld, SECRET } from './keeper-world.ts';

const NEVER = new AbortController().signal;

async function worldWithCertificates(...namespaces: readonly string[]): Promise<KeeperWorld> {
  const world = new KeeperWorld();
  await world.settle(world.certificateKeeper());
  world.bind(...namespaces);
  world.cluster.writes.length = 0;
  return world;
}

describe('coverage keeper', () => {
  it('covers the namespaces that have bindings, and writes nothing when that is so, also after a restart', async () => {
    const world = await worldWithCertificates('b', 'a', 'operator');
    await world.settle(world.coverageKeeper());
    expect(selectedNamespaces(world.webhook)).to.deep.equal(['a', 'b']);
    expect(Buffer.from(world.webhook!.clientConfig!.caBundle!, 'base64').toString()).to.equal(world.secret['ca.crt']);
    expect(world.cluster.writes).to.have.length(1);
    await world.settle(world.coverageKeeper());
    expect(world.cluster.writes).to.have.length(1);
  });

  it('adds the second webhook to what a version before left, and covers nothing until then', async () => {
    const world = await worldWithCertificates('a');
    const keeper = world.coverageKeeper();
    await world.settle(keeper);
    world.editAll((webhooks) => webhooks.slice(0, 1));
    expect(keeper.covers('a')).to.equal('pending');
    await world.settle(keeper);
    expect(world.configuration?.webhooks?.map(({ name }) => name)).to.deep.equal([
      'driver.secrets.iomete.com',
      'client.secrets.iomete.com',
    ]);
    expect(keeper.covers('a')).to.equal('covered');
  });

  it('repairs the second webhook alone, and covers nothing until then', async () => {
    const world = await worldWithCertificates('a');
    const keeper = world.coverageKeeper();
    await world.settle(keeper);
    const good = world.configuration?.webhooks;
    world.editAll(([first, second]) => [first!, { ...second!, namespaceSelector: {} }]);
    expect(keeper.covers('a')).to.equal('pending');
    await world.settle(keeper);
    expect(world.configuration?.webhooks).to.deep.equal(good);
    expect(keeper.covers('a')).to.equal('covered');
  });

  it('goes on covering a namespace whose bindings can not be seen, and lets go of one that is not watched any more', async () => {
    const world = await worldWithCertificates('a', 'b', 'c');
    await world.settle(world.coverageKeeper());
    for (const namespace of ['a', 'b', 'c']) world.unbind(namespace);
    world.scope.exceptions.set('a', 'unknown').set('b', 'unwatched');
    const keeper = world.coverageKeeper();
    await world.settle(keeper);
    expect(selectedNamespaces(world.webhook)).to.deep.equal(['a']);
    world.scope.exceptions.clear();
    await world.settle(keeper);
    expect(world.configuration?.webhooks).to.deep.equal([]);
  });

  it('writes nothing in a cluster without bindings', async () => {
    const world = await worldWithCertificates();
    await world.settle(world.coverageKeeper());
    expect(world.cluster.writes).to.deep.equal([]);
  });

  it('takes the webhook away with the last binding', async () => {
    const world = await worldWithCertificates('a');
    const keeper = world.coverageKeeper();
    await world.settle(keeper);
    world.unbind('a');
    await world.settle(keeper);
    expect(world.configuration?.webhooks).to.deep.equal([]);
    await world.settle(keeper);
    expect(world.cluster.writes).to.have.length(2);
  });

  it('waits for an authority before it lets pods be refused', async () => {
    const world = new KeeperWorld();
    world.bind('a');
    const keeper = world.coverageKeeper();
    await world.settle(keeper);
    expect(world.webhook).to.be.undefined;
    await world.settle(world.certificateKeeper());
    await world.settle(keeper);
    expect(selectedNamespaces(world.webhook)).to.deep.equal(['a']);
  });

  it('turns a hundred new namespaces of one moment into few writes', async () => {
    const world = await worldWithCertificates('n');
    const keeper = world.coverageKeeper();
    for (let i = 0; i < 100; i++) {
      world.bind(`n${i}`);
      await keeper.reconcile(CONFIGURATION, NEVER);
      world.pass(1);
    }
    await world.settle(keeper);
    expect(selectedNamespaces(world.webhook)).to.have.length(101);
    expect(world.cluster.writes).to.have.length(2);
  });

  it('writes at most five times a second', async () => {
    const world = await worldWithCertificates('n');
    const keeper = world.coverageKeeper();
    for (let ms = 0; ms < 1000; ms += 10) {
      world.bind(`n${ms}`);
      await keeper.reconcile(CONFIGURATION, NEVER);
      world.pass(10);
    }
    expect(world.cluster.writes).to.have.length(5);
  });

  it('does not write again while the informer still shows what was before', async () => {
    const world = await worldWithCertificates('a');
    const keeper = world.coverageKeeper();
    world.cluster.lag();
    await world.settle(keeper);
    world.pass(1000);
    await world.settle(keeper);
    expect(world.cluster.writes).to.have.length(1);
    world.cluster.catchUp();
    await world.settle(keeper);
    expect(world.cluster.writes).to.have.length(1);
  });

  const edits: Readonly<Record<string, Partial<Webhook>>> = {
    'the failure policy': { failurePolicy: 'Ignore' },
    'a namespace': {
      namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['z'] }] },
    },
    'an empty selector': { namespaceSelector: {} },
    'another authority': { clientConfig: { caBundle: 'eA==' } },
    'a condition that switches it off': { matchConditions: [{ name: 'off', expression: 'false' }] },
  };
  for (const [name, edit] of Object.entries(edits)) {
    it(`repairs a hand edit: ${name}`, async () => {
      const world = await worldWithCertificates('a');
      const keeper = world.coverageKeeper();
      await world.settle(keeper);
      const good = world.webhook;
      world.edit(edit);
      expect(keeper.covers('a')).to.equal('pending');
      await world.settle(keeper);
      expect({ matchConditions: [], ...world.webhook }).to.deep.equal({ matchConditions: [], ...good });
      expect(keeper.covers('a')).to.equal('covered');
    });
  }

  it('leaves the webhooks of others in the configuration alone', async () => {
    const world = await worldWithCertificates('a');
    const other = { name: 'other.example.org' };
    const before: WebhookConfiguration = { metadata: { name: CONFIGURATION.name }, webhooks: [other] };
    world.cluster.put(WEBHOOK_CONFIGURATION, before);
    const keeper = world.coverageKeeper();
    await world.settle(keeper);
    world.unbind('a');
    await world.settle(keeper);
    expect(world.configuration?.webhooks).to.deep.equal([other]);
  });

  it('says that something changes its webhook instead of fighting it for ever', async () => {
    const world = await worldWithCertificates('a');
    world.cluster.defaults = (object): KubeObject => {
      const { webhooks } = object as WebhookConfiguration;
      return webhooks === undefined
        ? object
        : { ...object, ...{ webhooks: webhooks.map((w) => ({ ...w, timeoutSeconds: 1 })) } };
    };
    let error: unknown;
    await world.settle(world.coverageKeeper()).catch((caught: unknown) => (error = caught));
    expect(error).to.be.instanceOf(TerminalError);
    expect((error as Error).message).to.contain('another controller');
  });

  it('never creates the configuration, also when it was deleted just now', async () => {
    const world = await worldWithCertificates('a');
    world.cluster.meanwhile = () => {
      world.cluster.remove(WEBHOOK_CONFIGURATION, undefined, CONFIGURATION.name);
    };
    await world.settle(world.coverageKeeper()).catch(() => undefined);
    await world.settle(world.coverageKeeper());
    expect(world.configuration).to.be.undefined;
  });
});

describe('coverage of a namespace', () => {
  it("is excluded for the operator's own and the system's namespaces", async () => {
    const keeper = (await worldWithCertificates('a')).coverageKeeper();
    for (const namespace of ['operator', 'kube-system', 'kube-public', 'kube-node-lease']) {
      expect(keeper.covers(namespace)).to.equal('excluded');
    }
  });

  it('is missing without the configuration', async () => {
    const world = await worldWithCertificates('a');
    world.cluster.remove(WEBHOOK_CONFIGURATION, undefined, CONFIGURATION.name);
    expect(world.coverageKeeper().covers('a')).to.equal('missing');
  });

  it('follows what is observed, not what was sent', async () => {
    const world = await worldWithCertificates('a');
    const keeper = world.coverageKeeper();
    world.cluster.lag();
    await world.settle(keeper);
    expect(selectedNamespaces(world.webhook)).to.deep.equal(['a']);
    expect(keeper.covers('a')).to.equal('pending');
    world.cluster.catchUp();
    expect(keeper.covers('a')).to.equal('covered');
  });

  it('is pending while the API server does not trust the authority that signs', async () => {
    const world = await worldWithCertificates('a');
    const keeper = world.coverageKeeper();
    await world.settle(keeper);
    expect(keeper.covers('a')).to.equal('covered');
    world.cluster.remove(CERTIFICATE_SECRET, SECRET.namespace, SECRET.name);
    await world.settle(world.certificateKeeper());
    expect(keeper.covers('a')).to.equal('pending');
    await world.settle(keeper);
    expect(keeper.covers('a')).to.equal('covered');
  });

  it('is told about once when it is no longer what was answered', async () => {
    const world = await worldWithCertificates('a', 'b');
    const keeper = world.coverageKeeper();
    for (const namespace of ['a', 'b', 'operator']) keeper.covers(namespace);
    await world.settle(keeper);
    await world.settle(keeper);
    await world.settle(keeper);
    expect(world.told).to.deep.equal([['a', 'b']]);
    keeper.covers('b');
    world.edit({ failurePolicy: 'Ignore' });
    await world.settle(keeper);
    expect(world.told).to.deep.equal([['a', 'b'], ['b']]);
  });

  it('tells who asked before a change, also when another one asks after it and before the run', async () => {
    const world = await worldWithCertificates('a');
    const keeper = world.coverageKeeper();
    expect(keeper.covers('a')).to.equal('pending');
    await keeper.reconcile(CONFIGURATION, NEVER);
    expect(keeper.covers('a')).to.equal('covered');
    expect(world.told).to.deep.equal([]);
    await keeper.reconcile(CONFIGURATION, NEVER);
    expect(world.told).to.deep.equal([['a']]);
  });
});
