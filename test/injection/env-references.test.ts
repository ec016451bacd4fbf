import { expect } from 'chai';
import { driverEnv } from '../../operator/injection/driver-env.ts';
import type { Container, EnvVar, Pod } from '../../operator/injection/pod.ts';
import { referenceDataKey } from '../../operator/injection/reference-content.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { kubeletEnv } from '../doubles/kubelet-env.ts';
import { key, view } from './bindings.ts';

const VIEWS = [
  view('orders', {
    spec: { env: [{ name: 'DB_PASSWORD', key: 'orders/DB_PASSWORD', targets: ['executor'] }] },
    referenceKeys: [key('orders/HOST')],
  }),
  view('license', { spec: { env: [{ name: 'LICENSE', key: 'LICENSE' }] } }),
];

function container(env: readonly EnvVar[]): Container {
  return { name: 'd', env };
}

/** What the container's variables come to, in their order, with those that stand before them for their sake. */
function resolved(env: readonly EnvVar[], views = VIEWS): readonly EnvVar[] {
  const pod: Pod = { spec: { containers: [container(env)] } };
  const patched = applyJsonPatch(pod, driverEnv(container(env), views).patch('/spec/containers/0'));
  const after = patched.spec!.containers[0]!;
  expect(driverEnv(after, views).patch('/spec/containers/0'), 'a second call').to.deep.equal([]);
  return (after.env ?? []).filter(({ name }) => name !== 'LICENSE' || env.some((own) => own.name === name));
}

function problemsOf(driver: Container, views: typeof VIEWS): readonly string[] {
  return driverEnv(driver, views).problems;
}

function ref(secret: string, dataKey: string): object {
  return { secretKeyRef: { name: `spark-secrets-${secret}`, key: dataKey, optional: false } };
}

describe('a reference in a variable of the driver', () => {
  it('that is the whole value is taken from the Secret', () => {
    const env = resolved([
      { name: 'PW', value: '${secrets.orders/DB_PASSWORD}' },
      { name: 'HOST', value: '${secrets.orders/HOST}' },
    ]);
    expect(env.slice(0, 2)).to.deep.equal([
      { name: 'PW', valueFrom: ref('orders', 'DB_PASSWORD') },
      { name: 'HOST', valueFrom: ref('orders', referenceDataKey(key('orders/HOST'))) },
    ]);
  });

  it('inside a longer value is put in by the kubelet, from variables that stand before it', () => {
    const env = resolved([
      { name: 'PLAIN', value: '1' },
      {
        name: 'URL',
        value: 'jdbc:x://${secrets.orders/HOST}/?p=${secrets.orders/DB_PASSWORD}&q=${secrets.orders/HOST}$(PLAIN)',
      },
    ]);
    const names = env.map(({ name }) => name);
    const url = env.find(({ name }) => name === 'URL')?.value ?? '';
    const [host, password, again] = [...url.matchAll(/\$\((SPARK_SECRET_REF_[0-9a-f]{12})\)/g)].map(([, each]) => each);
    expect(url).to.equal(`jdbc:x://$(${host})/?p=$(${password})&q=$(${again})$(PLAIN)`);
    expect(again).to.equal(host);
    for (const helper of [host, password]) expect(names.indexOf(helper!)).to.be.within(0, names.indexOf('URL') - 1);
    expect(env.find(({ name }) => name === password)?.valueFrom).to.deep.equal(ref('orders', 'DB_PASSWORD'));
  });

  // What the kubelet makes of the text, as if the value stood there.
  const beside: Record<string, string> = {
    'US${secrets.LICENSE}': 'US<LICENSE>',
    'US$${secrets.LICENSE}': 'US$<LICENSE>',
    'US$$${secrets.LICENSE}': 'US$<LICENSE>',
    'US$$$${secrets.LICENSE}': 'US$$<LICENSE>',
    'US$$$$${secrets.LICENSE}': 'US$$<LICENSE>',
    '$${secrets.LICENSE}$${secrets.LICENSE}$': '$<LICENSE>$<LICENSE>$',
    'a$b$(PLAIN)$$(PLAIN)$${secrets.LICENSE}': 'a$b1$(PLAIN)$<LICENSE>',
    '$(cat ${secrets.LICENSE})': '$(cat <LICENSE>)',
    '$(PLAIN)$$(a $(b ${secrets.LICENSE}': '1$(a $(b <LICENSE>',
    '$(b ${secrets.LICENSE}$(PLAIN)': '$(b <LICENSE>1',
  };
  for (const [value, expected] of Object.entries(beside)) {
    it(`keeps the dollars that stand beside it: ${value}`, () => {
      const env = resolved([
        { name: 'PLAIN', value: '1' },
        { name: 'X', value },
      ]);
      expect(kubeletEnv(env, ({ key: dataKey }) => `<${dataKey}>`)).to.have.property('X', expected);
    });
  }

  it('counts in the last of two entries of a name, which is the one that counts', () => {
    const env = resolved([
      { name: 'A', value: '${secrets.nowhere}' },
      { name: 'A', value: '${secrets.LICENSE}' },
    ]);
    expect(env[1]).to.deep.equal({ name: 'A', valueFrom: ref('license', 'LICENSE') });
    expect(problemsOf(container(env), VIEWS)).to.deep.equal([]);
  });

  it('gives way to the variable that a binding gives', () => {
    const env = resolved([{ name: 'LICENSE', value: '${secrets.nowhere}' }]);
    expect(env).to.deep.equal([{ name: 'LICENSE', valueFrom: ref('license', 'LICENSE') }]);
  });

  const refused: readonly { readonly value: string; readonly tells: RegExp }[] = [
    {
      value: '${secrets.nowhere}',
      tells: /variable X refers to \$\{secrets\.nowhere\}, but no .* covers the key nowhere/,
    },
    { value: 'a${secrets.LICENSE}b${secrets.nowhere}', tells: /covers the key nowhere/ },
    { value: '${secrets.}', tells: /not the form of a key/ },
    { value: '${secrets.a b}', tells: /not the form of a key/ },
    { value: '${secrets.../x}', tells: /not the form of a key/ },
    { value: '${secrets.license}', tells: /covers the key license/ },
  ];
  for (const { value, tells } of refused) {
    it(`is refused, and left as it is: ${value}`, () => {
      const problems = problemsOf(container([{ name: 'X', value }]), VIEWS);
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(tells);
      expect(resolved([{ name: 'X', value }])[0]).to.deep.equal({ name: 'X', value });
    });
  }

  for (const name of ['PYSPARK_SUBMIT_ARGS', 'SPARK_MASTER_OPTS']) {
    it(`is refused in a variable whose value a command line would show: ${name}`, () => {
      const env = [{ name, value: '-Dspark.x=${secrets.LICENSE}' }];
      expect(problemsOf(container(env), VIEWS).join()).to.match(new RegExp(`${name} .*in a log or a command line`));
    });
  }

  it('is refused where two stores have the key', () => {
    const other = view('other', {
      spec: { storeRef: { name: 'second' }, env: [{ name: 'ANOTHER', key: 'LICENSE' }] },
    });
    const problems = problemsOf(container([{ name: 'X', value: '${secrets.LICENSE}' }]), [...VIEWS, other]);
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.match(/license and other cover the key LICENSE from different stores/);
  });

  it('is nothing in a text that only looks alike', () => {
    const env: EnvVar[] = [
      { name: 'A', value: '${secret.x} $secrets.x ${secrets-x} ${SECRETS.x}' },
      { name: 'B', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ];
    expect(resolved(env).slice(0, 2)).to.deep.equal(env);
    expect(problemsOf(container(env), VIEWS)).to.deep.equal([]);
  });
});
