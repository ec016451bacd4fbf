import { expect } from 'chai';
import { bindingSecretName } from '../../operator/injection/secret-name.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

describe('bindingSecretName', () => {
  it('is spark-secrets- and the name of the binding', () => {
    expect(bindingSecretName('orders-etl')).to.equal('spark-secrets-orders-etl');
  });

  it('takes the longest name that fits as it is', () => {
    expect(bindingSecretName('a'.repeat(42))).to.equal(`spark-secrets-${'a'.repeat(42)}`);
  });

  const names: Record<string, string> = {
    'a name that is too long': 'a'.repeat(43),
    'the longest name': 'a'.repeat(253),
    'a name with dots': 'orders.etl.v1',
    'a name that is cut at a dash': `${'a'.repeat(23)}-${'b'.repeat(40)}`,
    'a name that looks shortened': 'orders-h0123456789abcdef',
  };
  for (const [sentence, name] of Object.entries(names)) {
    it(`makes a DNS label of at most 56 characters of ${sentence}`, () => {
      const secret = bindingSecretName(name);
      expect(secret)
        .to.match(LABEL)
        .and.to.match(/^spark-secrets-.*-h[0-9a-f]{16}$/);
      expect(secret.length).to.be.at.most(56);
    });
  }

  it('never gives two bindings one name', () => {
    const bindings = ['a.b', 'a-b', 'a..b', `${'a'.repeat(60)}1`, `${'a'.repeat(60)}2`];
    const secrets = bindings.map((name) => bindingSecretName(name));
    // A binding named like what another's name was shortened to.
    const imitations = secrets.map((secret) => bindingSecretName(secret.slice('spark-secrets-'.length)));
    expect(new Set([...secrets, ...imitations]).size).to.equal(9);
  });
});
