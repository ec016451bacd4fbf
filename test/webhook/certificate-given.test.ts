import { expect } from 'chai';
import { createPrivateKey } from 'node:crypto';
import { readGivenCertificate } from '../../operator/webhook/certificate-given.ts';
import type { SecretText } from '../../operator/webhook/certificate-state.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import type { KeyPair } from '../../operator/webhook/certificates.ts';
import { createCompanyAuthority } from './company-authority.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const NAMES = ['svc.operator.svc', '10.0.0.1'];

describe('a certificate that somebody else keeps', () => {
  let root: KeyPair;
  let serving: KeyPair;
  let good: SecretText;

  before(async () => {
    root = await createAuthority(NOW);
    serving = await createServing(root, NAMES, NOW);
    good = { 'ca.crt': root.cert, 'tls.crt': serving.cert, 'tls.key': serving.key };
  });

  const read = (text: SecretText): ReturnType<typeof readGivenCertificate> => readGivenCertificate(text, NAMES, NOW);

  it('is used with whom to trust for it', () => {
    const expected = { chain: serving.cert, key: serving.key, authorities: [root.cert] };
    expect(read(good)).to.deep.equal(expected);
  });

  for (const type of ['sec1', 'pkcs8'] as const)
    it(`is used with a key in ${type}, the ways in which cert-manager writes it`, () => {
      const key = createPrivateKey(serving.key).export({ type, format: 'pem' }).toString();
      expect(read({ ...good, 'tls.key': key })).to.have.property('key', key);
    });

  it('is used with what is between it and its authority, in any order, which is named first', async () => {
    const other = await createAuthority(NOW);
    const one = await createCompanyAuthority(NOW, root);
    const two = await createCompanyAuthority(NOW, one);
    const leaf = await createServing(two, NAMES, NOW);
    const chain = leaf.cert + one.cert + two.cert;
    const found = read({ 'ca.crt': other.cert + root.cert, 'tls.crt': chain, 'tls.key': leaf.key });
    expect(found).to.deep.equal({ chain, key: leaf.key, authorities: [root.cert, other.cert] });
    expect(read({ 'ca.crt': root.cert, 'tls.crt': leaf.cert + two.cert, 'tls.key': leaf.key })).to.contain(
      'not signed',
    );
  });

  it('is used although it starts in a moment: the issuer’s clock is ahead', async () => {
    const late = await createServing(root, NAMES, new Date(NOW.getTime() + 7_200_000));
    expect(read({ ...good, 'tls.crt': late.cert, 'tls.key': late.key })).to.have.property('chain', late.cert);
  });

  const bad: Readonly<Record<string, [(now: SecretText) => Promise<SecretText> | SecretText, string]>> = {
    'an empty Secret': [() => ({}), 'tls.crt holds no certificate'],
    'a Secret that is written by halves': [
      ({ 'tls.key': key = '' }) => ({ 'tls.key': key }),
      'tls.crt holds no certificate',
    ],
    rubbish: [(now) => ({ ...now, 'tls.crt': 'rubbish' }), 'tls.crt holds no certificate'],
    'no key': [(now) => ({ ...now, 'tls.key': '' }), 'tls.key does not belong to tls.crt'],
    'the key of another certificate': [
      async (now) => ({ ...now, 'tls.key': (await createServing(root, NAMES, NOW)).key }),
      'tls.key does not belong to tls.crt',
    ],
    'a certificate for other names': [
      () => given(createServing(root, ['svc.operator.svc'], NOW)),
      'tls.crt is not for 10.0.0.1',
    ],
    'a certificate that ended': [
      () => given(createServing(root, NAMES, new Date('2026-01-01T00:00:00Z'))),
      'tls.crt ended at 2026-04-01T00:00:00.000Z',
    ],
    'no authority, as ACME gives none': [
      ({ 'tls.crt': cert = '', 'tls.key': key = '' }) => ({ 'tls.crt': cert, 'tls.key': key }),
      'ca.crt holds no certificate',
    ],
    'an authority of others': [
      async (now) => ({ ...now, 'ca.crt': (await createAuthority(NOW)).cert }),
      'tls.crt is not signed by what is in ca.crt',
    ],
  };
  async function given(pair: Promise<KeyPair>): Promise<SecretText> {
    const { cert, key } = await pair;
    return { 'ca.crt': root.cert, 'tls.crt': cert, 'tls.key': key };
  }
  for (const [name, [change, problem]] of Object.entries(bad))
    it(`is refused with words when there is ${name}`, async () => {
      expect(read(await change(good)))
        .to.be.a('string')
        .that.contains(problem);
    });
});
