import { expect } from 'chai';
import { bindingSecretName, filesSecretName, isRunName, runSecretName } from '../../operator/injection/secret-name.ts';

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
    'a name that looks like a run’s': 'orders-run-abcdefgh01',
    'a name that looks like that of files': 'orders-files',
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

describe('runSecretName', () => {
  const RUN = 'abcdefgh01';

  it('is the name of the binding’s Secret and of the run', () => {
    expect(runSecretName('orders-etl', RUN)).to.equal(`spark-secrets-orders-etl-run-${RUN}`);
    expect(runSecretName('a'.repeat(27), RUN)).to.equal(`spark-secrets-${'a'.repeat(27)}-run-${RUN}`);
  });

  for (const name of [
    'a'.repeat(28),
    'a'.repeat(253),
    'orders.etl',
    'a-run-abcdefgh01',
    `${'a'.repeat(9)}-${'b'.repeat(30)}`,
  ]) {
    it(`is a DNS label of at most 56 characters for ${name.slice(0, 30)} (${name.length})`, () => {
      const secret = runSecretName(name, RUN);
      expect(secret)
        .to.match(LABEL)
        .and.to.match(/-h[0-9a-f]{16}-run-abcdefgh01$/);
      expect(secret.length).to.be.at.most(56);
    });
  }

  it('is never the name of a binding’s Secret, nor that of another binding’s run', () => {
    const bindings = ['orders', 'orders.etl', 'orders-etl', `orders-run-${RUN}`, 'a'.repeat(60), `${'a'.repeat(60)}b`];
    const runs = bindings.map((name) => runSecretName(name, RUN));
    const imitations = runs.map((secret) => bindingSecretName(secret.slice('spark-secrets-'.length)));
    const names = [...runs, ...imitations, ...bindings.map((name) => bindingSecretName(name))];
    // The imitation of the first is a binding of the list as well.
    expect(new Set(names).size).to.equal(17);
  });

  for (const text of ['', 'abc', 'ABCDEFGH01', 'abcdefgh0.', 'abcdefgh01\n', 'abcdefgh012']) {
    it(`is refused for ${JSON.stringify(text)}`, () => {
      expect(isRunName(text)).to.equal(false);
      expect(() => runSecretName('orders', text)).to.throw(RangeError);
    });
  }
});

describe('filesSecretName', () => {
  const RUN = 'abcdefgh01';

  it('is the name of the binding’s Secret, or that of its run, and -files', () => {
    expect(filesSecretName('orders-etl')).to.equal('spark-secrets-orders-etl-files');
    expect(filesSecretName('orders-etl', RUN)).to.equal(`spark-secrets-orders-etl-run-${RUN}-files`);
  });

  for (const name of ['a'.repeat(36), 'a'.repeat(37), 'a'.repeat(253), 'orders.etl', 'orders-files', `a-run-${RUN}`]) {
    it(`is a DNS label that Spark can make a volume’s of, for ${name.slice(0, 30)} (${name.length})`, () => {
      for (const secret of [filesSecretName(name), filesSecretName(name, RUN)])
        expect(`${secret}-volume`)
          .to.match(LABEL)
          .and.to.satisfy((text: string) => text.length <= 63);
    });
  }

  it('is never the name of another Secret', () => {
    const bindings = [
      'orders',
      'orders-files',
      'orders.files',
      `orders-run-${RUN}`,
      `orders-run-${RUN}-files`,
      'a'.repeat(60),
    ];
    const all = bindings.flatMap((name) => [
      bindingSecretName(name),
      filesSecretName(name),
      runSecretName(name, RUN),
      filesSecretName(name, RUN),
    ]);
    expect(new Set(all).size).to.equal(all.length);
  });

  it('is refused for what is no run', () => {
    expect(() => filesSecretName('orders', 'abc')).to.throw(RangeError);
  });
});
