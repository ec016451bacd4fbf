import { expect } from 'chai';
import { CONFIG_MAP, SECRET as SECRETS } from '../../operator/api/kinds.ts';
import { ApiError } from '../../operator/runtime/api-error.ts';
import { readGivenCertificate } from '../../operator/webhook/certificate-given.ts';
import { encodeSecret } from '../../operator/webhook/certificate-secret.ts';
import { splitBundle } from '../../operator/webhook/certificate-state.ts';
import type { SecretText } from '../../operator/webhook/certificate-state.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import type { KeyPair } from '../../operator/webhook/certificates.ts';
import { servingNames } from '../../operator/webhook/serving-names.ts';
import { createLogger } from '../../operator/telemetry/logger.ts';
import { trustedBundles } from '../../operator/webhook/webhook-configuration.ts';
import { failureOf } from '../support/failure.ts';
import { AUTHORITIES, KeeperWorld, SECRET, TARGET } from './keeper-world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NAMES = servingNames(TARGET);

/** A Secret of type kubernetes.io/tls, as cert-manager writes it. */
function put(world: KeeperWorld, text: SecretText): void {
  const secret = { metadata: SECRET, type: 'kubernetes.io/tls', data: encodeSecret(text) };
  world.cluster.put(SECRETS, secret);
}

async function give(world: KeeperWorld, authority: KeyPair): Promise<void> {
  const { cert, key } = await createServing(authority, NAMES, world.now);
  put(world, { 'ca.crt': authority.cert, 'tls.crt': cert, 'tls.key': key });
}

function worldOfCertManager(): KeeperWorld {
  const world: KeeperWorld = new KeeperWorld((text) => readGivenCertificate(text, NAMES, world.now));
  world.bind('a');
  return world;
}

describe('the ConfigMap by which clients trust the operator', () => {
  it('has the authority at once in a cluster without bindings, and the next one with it', async () => {
    const world = new KeeperWorld();
    const [certificates, authorities] = [world.certificateKeeper(), world.authorityKeeper()];
    await world.settle(authorities);
    expect(world.authorities).to.equal('');
    await world.settle(certificates);
    await world.settle(authorities);
    expect(world.authorities).to.equal(world.secret['ca.crt']);
    world.pass(244 * DAY);
    await world.settle(certificates);
    await world.settle(authorities);
    expect(splitBundle(world.authorities)).to.have.length(2);
    expect(world.authorities).to.equal(world.secret['ca.crt']);
  });

  it('is not written again, also after a restart, and comes back when it is deleted', async () => {
    const world = new KeeperWorld();
    await world.settle(world.certificateKeeper());
    await world.settle(world.authorityKeeper());
    const { length } = world.cluster.writes;
    await world.settle(world.authorityKeeper());
    expect(world.cluster.writes).to.have.length(length);
    world.cluster.remove(CONFIG_MAP, AUTHORITIES.namespace, AUTHORITIES.name);
    await world.settle(world.authorityKeeper());
    expect(world.authorities).to.equal(world.secret['ca.crt']);
  });

  it('is tried again when the API server refuses it', async () => {
    const world = new KeeperWorld();
    await world.settle(world.certificateKeeper());
    const refusal = new ApiError('PATCH ConfigMap: refused', { code: 403, reason: 'Forbidden' });
    world.cluster.meanwhile = () => {
      throw refusal;
    };
    const keeper = world.authorityKeeper();
    expect(await failureOf(world.settle(keeper))).to.equal(refusal);
    await world.settle(keeper);
    expect(world.authorities).to.equal(world.secret['ca.crt']);
  });

  it('has nothing but certificates, never a key', async () => {
    const world = new KeeperWorld();
    await world.settle(world.certificateKeeper());
    await world.settle(world.authorityKeeper());
    const { data } = world.cluster.find(CONFIG_MAP, AUTHORITIES.namespace, AUTHORITIES.name) ?? {};
    expect(Object.keys(data ?? {})).to.deep.equal(['ca.crt']);
    expect(JSON.stringify(data)).not.to.contain('PRIVATE');
  });

  it('has an authority after the API server trusts it, and not before', async () => {
    const world = new KeeperWorld();
    world.bind('a');
    const [certificates, coverage, authorities] = [
      world.certificateKeeper(),
      world.coverageKeeper(),
      world.authorityKeeper(),
    ];
    for (const keeper of [certificates, coverage, authorities]) await world.settle(keeper);
    const before = world.authorities;
    world.cluster.remove(SECRETS, SECRET.namespace, SECRET.name);
    await world.settle(certificates);
    await world.settle(authorities);
    expect(world.authorities).to.equal(before);
    await world.settle(coverage);
    await world.settle(authorities);
    expect(world.authorities).to.equal(world.secret['ca.crt']! + before);
  });
});

describe('an authority of others, that is replaced', () => {
  it('stays trusted for the first day of the certificate that followed', async () => {
    const world = worldOfCertManager();
    const [one, two] = [await createAuthority(world.now), await createAuthority(world.now)];
    const [coverage, authorities] = [world.coverageKeeper(), world.authorityKeeper()];
    const settle = async (): Promise<void> => {
      await world.settle(coverage);
      await world.settle(authorities);
    };
    const trusted = (): string[] => [trustedBundles(world.configuration)[0]!, world.authorities];
    await give(world, one);
    await settle();
    world.pass(60 * DAY);
    await give(world, two);
    await settle();
    expect(trusted()).to.deep.equal([two.cert + one.cert, two.cert + one.cert]);
    world.pass(DAY - 2 * HOUR);
    await settle();
    expect(trusted()).to.deep.equal([two.cert + one.cert, two.cert + one.cert]);
    world.pass(HOUR);
    await settle();
    expect(trusted()).to.deep.equal([two.cert, two.cert]);
  });

  it('is not put back when somebody takes it out by hand, as its key was stolen', async () => {
    const world = worldOfCertManager();
    const two = await createAuthority(world.now);
    const [coverage, authorities] = [world.coverageKeeper(), world.authorityKeeper()];
    for (const authority of [await createAuthority(world.now), two]) {
      await give(world, authority);
      await world.settle(coverage);
      await world.settle(authorities);
    }
    const clientConfig = { ...world.webhook?.clientConfig, caBundle: Buffer.from(two.cert).toString('base64') };
    world.edit({ clientConfig });
    world.cluster.put(CONFIG_MAP, { ...{ metadata: AUTHORITIES }, ...{ data: { 'ca.crt': two.cert } } });
    await world.settle(coverage);
    await world.settle(authorities);
    expect([trustedBundles(world.configuration)[0], world.authorities]).to.deep.equal([two.cert, two.cert]);
  });

  it('looks again when that day is over', async () => {
    const world = worldOfCertManager();
    const [coverage, authorities] = [world.coverageKeeper(), world.authorityKeeper()];
    for (let changes = 0; changes < 2; changes++) {
      await give(world, await createAuthority(world.now));
      await world.settle(coverage);
      await world.settle(authorities);
    }
    for (const keeper of [coverage, authorities]) expect(await world.settle(keeper)).to.be.closeTo(DAY - HOUR, 1_000);
  });

  it('can be replaced as often as one likes: no more than four are kept', async () => {
    const world = worldOfCertManager();
    const coverage = world.coverageKeeper();
    for (let changes = 0; changes < 8; changes++) {
      await give(world, await createAuthority(world.now));
      await world.settle(coverage);
    }
    expect(splitBundle(trustedBundles(world.configuration)[0])).to.have.length(5);
  });

  for (const [name, text] of Object.entries<SecretText | undefined>({
    'is deleted': undefined,
    'is empty': {},
    'has lost its authority': { 'tls.crt': 'x', 'tls.key': 'x', 'ca.crt': '' },
  }))
    it(`changes nothing of what is trusted and covered when the Secret ${name}`, async () => {
      const world = worldOfCertManager();
      const [coverage, authorities] = [world.coverageKeeper(), world.authorityKeeper()];
      await give(world, await createAuthority(world.now));
      await world.settle(coverage);
      await world.settle(authorities);
      expect(coverage.covers('a')).to.equal('covered');
      const { length } = world.cluster.writes;
      if (text === undefined) world.cluster.remove(SECRETS, SECRET.namespace, SECRET.name);
      else put(world, text);
      await world.settle(coverage);
      await world.settle(authorities);
      expect(coverage.covers('a')).to.equal('covered');
      // The same for an operator that was started since: it leaves what it finds.
      const [anew, authoritiesAnew] = [world.coverageKeeper(), world.authorityKeeper()];
      world.bind('b');
      await world.settle(anew);
      await world.settle(authoritiesAnew);
      expect(anew.covers('b')).to.equal('pending');
      expect(world.cluster.writes).to.have.length(length);
      expect(trustedBundles(world.configuration)[0]).to.match(/^-----BEGIN CERTIFICATE/);
    });

  it('has no webhook made by a Secret that can not be used: nothing is refused before it can be answered', async () => {
    const world = worldOfCertManager();
    put(world, { 'tls.crt': '', 'tls.key': '', 'ca.crt': '' });
    const coverage = world.coverageKeeper();
    await world.settle(coverage);
    await world.settle(world.authorityKeeper());
    expect(world.configuration).not.to.have.property('webhooks');
    expect(world.authorities).to.equal('');
    expect(coverage.covers('a')).to.equal('pending');
  });
});

describe('what is known of a certificate Secret', () => {
  it('is told once for each version that can not be used, and why', async () => {
    const lines: string[] = [];
    const world = worldOfCertManager();
    world.logger = createLogger({ level: 'warn', destination: { write: (line) => lines.push(line) } });
    const view = world.view();
    expect([view.certificate, view.problem]).to.deep.equal([undefined, 'it is not there']);
    expect(lines).to.deep.equal([]);
    put(world, { 'tls.crt': 'x' });
    for (let looks = 0; looks < 3; looks++) expect(view.certificate).to.equal(undefined);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.contain('"problem":"tls.crt holds no certificate"').and.contain(`"secret":"${SECRET.name}"`);
    await give(world, await createAuthority(world.now));
    expect(view.certificate).not.to.equal(undefined);
    expect(view.problem).to.equal('');
  });
});
