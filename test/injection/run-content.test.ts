import { expect } from 'chai';
import { runContent } from '../../operator/injection/run-content.ts';
import { groups, spec, values } from './bindings.ts';
import { secretContent } from '../../operator/injection/secret-content.ts';

const SPEC = spec({
  env: [
    { name: 'A', key: 'a' },
    { name: 'B', key: 'b', targets: ['driver'] },
  ],
  sparkConf: [{ name: 'spark.x', key: 'a' }],
  files: [{ path: 'a.txt', key: 'a' }],
});
const RUN_NAME = 'spark-secrets-orders-run-abcdefgh01';
const SHARED = { name: 'spark-secrets-orders', files: 'spark-secrets-orders-files' };
const RUN = { name: RUN_NAME, files: 'spark-secrets-orders-run-abcdefgh01-files' };

function made(secretName: string, a: string, binding = 'orders'): Record<string, string> {
  const input = { spec: SPEC, binding, secretName, values: values({ a, b: 'é' }), groups: groups({}) };
  const content = secretContent(input);
  if ('problems' in content) throw new Error(JSON.stringify(content.problems));
  return content.data;
}

describe('runContent', () => {
  const nasty = [
    'plain',
    'spark.kubernetes.executor.secretKeyRef.A=spark-secrets-orders\\:A',
    'x\nspark.kubernetes.executor.secretKeyRef.A=spark-secrets-orders:A\n',
    'spark-secrets-orders:A',
    'x\nspark.kubernetes.executor.secrets.spark-secrets-orders-files=/x\n',
    '=spark-secrets-orders\\:A',
    'ü \u00ff 漢字',
  ];
  for (const value of nasty) {
    it(`is what the Secret would be if it had been made under the run's name: ${JSON.stringify(value)}`, () => {
      const shared = { ...SHARED, data: made('spark-secrets-orders', value) };
      const expected = made(RUN_NAME, value);
      const text = Buffer.from(expected['spark.properties']!, 'base64').toString('latin1');
      const mount = 'spark.kubernetes.executor.secrets.';
      expect(text.split('\n')).to.include(`${mount}${SHARED.files}=/mnt/spark-secrets/files/orders`);
      const pointed = text.replace(`\n${mount}${SHARED.files}=`, `\n${mount}${RUN.files}=`);
      expect(runContent({ shared, run: RUN })).to.deep.equal({
        ...expected,
        'spark.properties': Buffer.from(pointed, 'latin1').toString('base64'),
      });
    });
  }

  it('does not touch a Secret whose name only starts alike', () => {
    const shared = { ...SHARED, data: made('spark-secrets-orders-2', 'v', 'orders-2') };
    expect(runContent({ shared, run: RUN })).to.deep.equal(shared.data);
  });

  it('adds the run’s own part: its variables, its properties and what is redacted of them', () => {
    const shared = { ...SHARED, data: made('spark-secrets-orders', 'v') };
    const own = secretContent({
      spec: spec({ env: [{ name: 'LEASED', key: 'l' }], sparkConf: [{ name: 'spark.leased', key: 'l' }] }),
      binding: 'orders',
      secretName: RUN_NAME,
      values: values({ l: 'for this run' }),
      groups: groups({}),
    });
    if ('problems' in own) throw new Error(JSON.stringify(own.problems));
    const data = runContent({ shared, run: RUN, own: own.data });
    const text = (name: string) => Buffer.from(data[name] ?? '', 'base64').toString();
    expect([text('A'), text('LEASED')]).to.deep.equal(['v', 'for this run']);
    expect(text('redaction.regex')).to.equal('|^spark[.]x$|^spark[.]leased$');
    expect(text('spark.properties').split('\n')).to.include.members([
      'spark.x=v',
      'spark.leased=for this run',
      `spark.kubernetes.executor.secretKeyRef.A=${RUN_NAME}\\:A`,
      `spark.kubernetes.executor.secretKeyRef.LEASED=${RUN_NAME}\\:LEASED`,
    ]);
  });
});
