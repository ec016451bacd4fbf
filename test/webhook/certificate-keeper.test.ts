import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { SECRET as CERTIFICATE_SECRET } from '../../operator/api/kinds.ts';
import { readCertificateState, splitBundle } from '../../operator/webhook/certificate-state.ts';
import { CERTIFICATE_TIMES } from '../../operator/webhook/certificate-times.ts';
import { createAuthority } from '../../operator/webhook/certificates.ts';
import { trustedBundles } from '../../operator/webhook/webhook-configuration.ts';
import { KeeperWorld, SECRET } from './keeper-world.ts';

const { overlapMs } = CERTIFICATE_TIMES;
const DAY = 86_400_000;
const MINUTE = 60_000;
const NEVER = new AbortController().signal;

/** What the API server would make of a certificate now; empty: accepted. */
function complaint(world: KeeperWorld, served: string, bundle: string): string {
  const leaf = new X509Certificate(served);
  if (leaf.validToDate <= world.now || leaf.validFromDate > world.now) return 'out of its time';
  const roots = splitBundle(bundle).map((pem) => new X509Certificate(pem));
  const signer = roots.find((root) => leaf.checkIssued(root) && leaf.verify(root.publicKey));
  if (signer === undefined) return 'signed by an authority that is not trusted';
  return signer.validToDate <= world.now ? 'signed by an authority that ended' : '';
}

/** What pods were told that started in the last 90 days: of each moment one. */
class Pods {
  readonly #world: KeeperWorld;
  #told: readonly { readonly at: number; readonly bundle: string }[] = [];

  constructor(world: KeeperWorld) {
    this.#world = world;
  }

  /** What they make of a certificate now, and one that starts now. */
  complaints(served: string): readonly string[] {
    const { now, secret } = this.#world;
    const present = this.#told.filter(({ at }) => now.getTime() - at < overlapMs);
    this.#told = [...present, { at: now.getTime(), bundle: secret['ca.crt']! }];
    return this.#told.map(({ bundle }) => complaint(this.#world, served, bundle)).filter((text) => text !== '');
  }
}

describe('certificate keeper', () => {
  it('makes the Secret where there is none, and then writes nothing more, also after a restart', async () => {
    const world = new KeeperWorld();
    await world.settle(world.certificateKeeper());
    expect(readCertificateState(world.secret)?.serving).not.to.be.undefined;
    expect(world.cluster.writes).to.deep.equal(['create secrets operator/webhook-certificate']);
    await world.settle(world.certificateKeeper());
    expect(world.cluster.writes).to.have.length(1);
  });

  it('makes all anew at once in a Secret of rubbish, and keeps the labels of whoever made it', async () => {
    const world = new KeeperWorld();
    const metadata = { ...SECRET, labels: { team: 'platform' } };
    world.cluster.put(CERTIFICATE_SECRET, { metadata, ...{ type: 'Opaque', data: { 'ca.crt': 'cnViYmlzaA==' } } });
    await world.settle(world.certificateKeeper());
    const secret = world.cluster.find(CERTIFICATE_SECRET, SECRET.namespace, SECRET.name);
    expect(readCertificateState(world.secret)?.serving).not.to.be.undefined;
    expect(secret?.metadata.labels).to.deep.equal({ team: 'platform' });
  });

  it('lets one of two racing leaders win: the loser takes over what the winner wrote', async () => {
    const world = new KeeperWorld();
    const [one, two] = [world.certificateKeeper(), world.certificateKeeper()];
    world.cluster.lag();
    await Promise.all([one.reconcile(SECRET, NEVER), two.reconcile(SECRET, NEVER)]);
    const winner = world.secret;
    expect(readCertificateState(winner)?.serving).not.to.be.undefined;
    world.cluster.catchUp();
    await world.settle(one);
    await world.settle(two);
    expect(world.secret).to.deep.equal(winner);
  });

  it('never overwrites a Secret that changed after it was read', async () => {
    const world = new KeeperWorld();
    await world.settle(world.certificateKeeper());
    world.pass(61 * DAY);
    const stranger = { metadata: SECRET, data: { mine: 'eA==' } };
    world.cluster.meanwhile = () => world.cluster.put(CERTIFICATE_SECRET, stranger);
    const result = await world.certificateKeeper().reconcile(SECRET, NEVER);
    expect(result?.requeueAfterMs).to.be.lessThan(1000);
    expect(world.secret).to.deep.equal({ mine: 'x' });
  });

  it('starts the wait anew when a published authority is taken out by hand', async () => {
    const world = new KeeperWorld();
    world.bind('a');
    const keeper = world.certificateKeeper();
    await world.settle(keeper);
    world.pass(244 * DAY);
    await world.settle(keeper);
    await world.settle(keeper);
    await world.settle(world.coverageKeeper());
    const { next } = readCertificateState(world.secret)!;
    await world.settle(keeper);
    const due = new X509Certificate(next!.cert).validFromDate.getTime() + overlapMs;
    world.pass(due - MINUTE - world.now.getTime());
    await world.settle(keeper);
    const [old] = splitBundle(world.secret['ca.crt']);
    world.edit({ clientConfig: { caBundle: Buffer.from(old!).toString('base64') } });
    await world.settle(keeper);
    await world.settle(world.coverageKeeper());
    await world.settle(keeper);
    world.pass(4 * MINUTE);
    await world.settle(keeper);
    expect(readCertificateState(world.secret)?.next).not.to.be.undefined;
    world.pass(MINUTE);
    await world.settle(keeper);
    expect(readCertificateState(world.secret)?.next).to.be.undefined;
    expect(readCertificateState(world.secret)?.previous).to.equal(old);
  });

  it('does not wait for a configuration that has no webhook: nobody calls', async () => {
    const world = new KeeperWorld();
    const keeper = world.certificateKeeper();
    await world.settle(keeper);
    const { authority } = readCertificateState(world.secret)!;
    world.pass(244 * DAY);
    await world.settle(keeper);
    world.pass(overlapMs);
    await world.settle(keeper);
    expect(readCertificateState(world.secret)?.authority.cert).not.to.equal(authority.cert);
  });

  it('does not promote an authority that the configuration does not hold yet, however long it takes', async () => {
    const world = new KeeperWorld();
    world.bind('a');
    await world.settle(world.certificateKeeper());
    await world.settle(world.coverageKeeper());
    const { authority } = readCertificateState(world.secret)!;
    const keeper = world.certificateKeeper();
    world.pass(250 * DAY);
    for (let day = 250; day < 364; day++) {
      await world.settle(keeper);
      expect(readCertificateState(world.secret)?.authority.cert).to.equal(authority.cert);
      world.pass(DAY);
    }
  });

  for (const restarts of ['never', 'after every step'] as const) {
    it(`has the served certificate trusted at every moment of 600 days, also by pods that started 90 days ago, restarted ${restarts}`, async () => {
      const world = new KeeperWorld();
      world.bind('a');
      let [certificates, coverage] = [world.certificateKeeper(), world.coverageKeeper()];
      await world.settle(certificates);
      await world.settle(coverage);
      const end = world.now.getTime() + 600 * DAY;
      const authorities = new Set<string>();
      const pods = new Pods(world);
      // A replica and an API server that learn of a change one step later than the rest.
      let [served, bundle] = [world.secret['tls.crt']!, trustedBundles(world.configuration)[0]!];
      while (world.now.getTime() < end) {
        const before = world.cluster.writes.length;
        const wait = (await certificates.reconcile(SECRET, NEVER))?.requeueAfterMs ?? DAY;
        if (world.cluster.writes.length > before && restarts !== 'never') certificates = world.certificateKeeper();
        for (const pem of [served, world.secret['tls.crt']!]) expect(complaint(world, pem, bundle)).to.equal('');
        await coverage.reconcile({ namespace: '', name: 'spark-secrets-operator' }, NEVER);
        if (restarts !== 'never') coverage = world.coverageKeeper();
        const newBundle = trustedBundles(world.configuration)[0]!;
        for (const pem of [served, world.secret['tls.crt']!]) expect(complaint(world, pem, newBundle)).to.equal('');
        [served, bundle] = [world.secret['tls.crt']!, newBundle];
        expect(pods.complaints(served)).to.deep.equal([]);
        authorities.add(splitBundle(bundle)[0]!);
        // Nothing due for a day: the operator may as well be off for a few.
        world.pass(wait === DAY ? 4 * DAY : wait);
      }
      expect(authorities.size).to.equal(3);
      expect(splitBundle(bundle)).to.have.length(1);
      expect(world.cluster.writes.length).to.be.lessThan(30);
    }).timeout(20_000);
  }

  it('replaces an authority of a stranger that is in the bundle', async () => {
    const world = new KeeperWorld();
    await world.settle(world.certificateKeeper());
    const stranger = await createAuthority(world.now);
    const found = world.cluster.find(CERTIFICATE_SECRET, SECRET.namespace, SECRET.name)!;
    const bundle = Buffer.from(world.secret['ca.crt']! + stranger.cert).toString('base64');
    world.cluster.put(CERTIFICATE_SECRET, { ...found, ...{ data: { ...found.data, 'ca.crt': bundle } } });
    world.pass(25 * 3_600_000);
    await world.settle(world.certificateKeeper());
    expect(splitBundle(world.secret['ca.crt'])).to.have.length(1);
  });
});
