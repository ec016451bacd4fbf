import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { readCertificateState, readPair, writeCertificateState } from '../../operator/webhook/certificate-state.ts';
import { readOwnCertificate } from '../../operator/webhook/certificate-view.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import { servingNames } from '../../operator/webhook/serving-names.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const DAY = 86_400_000;
const NOTHING = { next: undefined, previous: undefined, serving: undefined, nextTrustedSince: undefined };

describe('certificates', () => {
  it('are a P-256 authority for a year and a serving certificate for 90 days that it signed', async () => {
    const authority = await createAuthority(NOW);
    const serving = await createServing(authority, ['a.b.svc', '127.0.0.1', '::1'], NOW);
    const root = new X509Certificate(authority.cert);
    const leaf = new X509Certificate(serving.cert);
    expect(leaf.verify(root.publicKey)).to.be.true;
    expect(leaf.checkIssued(root)).to.be.true;
    expect([root.ca, leaf.ca]).to.deep.equal([true, false]);
    expect(root.publicKey.asymmetricKeyDetails?.namedCurve).to.equal('prime256v1');
    expect(leaf.subjectAltName).to.equal('DNS:a.b.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect(root.validToDate).to.deep.equal(new Date(NOW.getTime() + 365 * DAY));
    expect(leaf.validToDate).to.deep.equal(new Date(NOW.getTime() + 90 * DAY));
    expect(leaf.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1']);
  });

  it('are signed by an authority that may have none below it', async () => {
    const { X509Certificate: Read, BasicConstraintsExtension } = await import('@peculiar/x509');
    const constraints = new Read((await createAuthority(NOW)).cert).getExtension(BasicConstraintsExtension);
    expect(constraints).to.include({ ca: true, pathLength: 0, critical: true });
  });

  it('never outlive their authority', async () => {
    const authority = await createAuthority(new Date(NOW.getTime() - 300 * DAY));
    const serving = await createServing(authority, ['a.b.svc'], NOW);
    expect(new X509Certificate(serving.cert).validTo).to.equal(new X509Certificate(authority.cert).validTo);
  });

  it('are accepted for names longer than a common name holds', async () => {
    const name = `${'s'.repeat(63)}.${'n'.repeat(63)}.svc`;
    const serving = await createServing(await createAuthority(NOW), [name], NOW);
    expect(new X509Certificate(serving.cert).checkHost(name, { subject: 'never' })).to.equal(name);
  });

  it('of two authorities have different names, so that a bundle may hold both', async () => {
    const [one, two] = await Promise.all([createAuthority(NOW), createAuthority(NOW)]);
    expect(new X509Certificate(one.cert).subject).not.to.equal(new X509Certificate(two.cert).subject);
  });
});

describe('names of the serving certificate', () => {
  it('are those of the Service, the one that the API server uses first', () => {
    const target = { kind: 'service', namespace: 'ns', name: 'svc', clusterDomain: 'corp.local' } as const;
    expect(servingNames(target)).to.deep.equal(['svc.ns.svc', 'svc.ns.svc.corp.local', 'svc.ns']);
  });

  for (const [url, host] of Object.entries({
    'https://10.0.0.1:8443': '10.0.0.1',
    'https://[fd00::1]:8443/': 'fd00::1',
    'https://laptop.example.org': 'laptop.example.org',
  })) {
    it(`are the host of the URL ${url}`, () => {
      expect(servingNames({ kind: 'url', url })).to.deep.equal([host]);
    });
  }
});

describe('content of the certificate Secret', () => {
  it('gives the state back that it was written from', async () => {
    const [authority, next, previous] = await Promise.all([1, 2, 3].map(() => createAuthority(NOW)));
    const serving = await createServing(authority!, ['a.b.svc'], NOW);
    const state = { authority: authority!, next, previous: previous!.cert, serving, nextTrustedSince: undefined };
    expect(readCertificateState(writeCertificateState(state))).to.deep.equal(state);
    const least = { ...NOTHING, authority: authority! };
    expect(readCertificateState(writeCertificateState(least))).to.deep.equal(least);
  });

  it('is nothing to go on from when the authority is missing, corrupt or of another key', async () => {
    const authority = await createAuthority(NOW);
    const stranger = await createAuthority(NOW);
    const good = writeCertificateState({ ...NOTHING, authority });
    const leaf = await createServing(authority, ['a.b.svc'], NOW);
    const broken = [
      {},
      { ...good, 'ca.crt': '' },
      { ...good, 'ca.crt': good['ca.crt']!.slice(0, 200) },
      { ...good, 'ca.key': 'not a key' },
      { ...good, 'ca.key': stranger.key },
      { ...good, 'ca.crt': leaf.cert, 'ca.key': leaf.key },
    ];
    expect(readCertificateState(good)).not.to.be.undefined;
    for (const text of broken) expect(readCertificateState(text)).to.be.undefined;
  });

  it('has no serving certificate when another authority signed it, or its key is another', async () => {
    const [authority, stranger] = await Promise.all([createAuthority(NOW), createAuthority(NOW)]);
    const good = writeCertificateState({
      ...NOTHING,
      authority,
      serving: await createServing(authority, ['a.b'], NOW),
    });
    const foreign = await createServing(stranger, ['a.b'], NOW);
    for (const change of [
      { 'tls.crt': foreign.cert, 'tls.key': foreign.key },
      { 'tls.key': foreign.key },
      { 'tls.crt': 'x' },
    ]) {
      expect(readCertificateState({ ...good, ...change })?.serving).to.be.undefined;
    }
  });

  it('has no next authority when that one is not in the bundle, since nobody would come to trust it', async () => {
    const [authority, next] = await Promise.all([createAuthority(NOW), createAuthority(NOW)]);
    const good = writeCertificateState({ ...NOTHING, authority, next });
    expect(readCertificateState({ ...good, 'ca.crt': authority.cert })?.next).to.be.undefined;
  });

  it('is nothing to serve with unless it says whom to trust for it', async () => {
    const [authority, next] = await Promise.all([createAuthority(NOW), createAuthority(NOW)]);
    const serving = await createServing(authority, ['a.b'], NOW);
    const good = writeCertificateState({ ...NOTHING, authority, next, serving });
    const authorities = [authority.cert, next.cert];
    expect(readOwnCertificate(good)).to.deep.equal({ chain: serving.cert, key: serving.key, authorities });
    for (const lacking of ['ca.crt', 'tls.crt', 'tls.key'])
      expect(readOwnCertificate({ ...good, [lacking]: '' })).to.be.a('string');
  });

  it('is read with Windows line ends and text between the blocks', async () => {
    const pair = await createAuthority(NOW);
    expect(readPair(`# root\n${pair.cert.replaceAll('\n', '\r\n')}`, pair.key)?.cert).to.equal(pair.cert);
  });
});
