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
});
const RUN_NAME = 'spark-secrets-orders-run-abcdefgh01';

function made(secretName: string, a: string): Record<string, string> {
  const input = { spec: SPEC, secretName, values: values({ a, b: 'é' }), groups: groups({}) };
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
    'ü \u00ff 漢字',
  ];
  for (const value of nasty) {
    it(`is what the Secret would be if it had been made under the run's name: ${JSON.stringify(value)}`, () => {
      const shared = { name: 'spark-secrets-orders', data: made('spark-secrets-orders', value) };
      expect(runContent({ shared, secretName: RUN_NAME })).to.deep.equal(made(RUN_NAME, value));
    });
  }

  it('does not touch a Secret whose name only starts alike', () => {
    const shared = { name: 'spark-secrets-orders', data: made('spark-secrets-orders-2', 'v') };
    expect(runContent({ shared, secretName: RUN_NAME })).to.deep.equal(shared.data);
  });

  it('adds the run’s own part: its variables, its properties and what is redacted of them', () => {
    const shared = { name: 'spark-secrets-orders', data: made('spark-secrets-orders', 'v') };
    const own = secretContent({
      spec: spec({ env: [{ name: 'LEASED', key: 'l' }], sparkConf: [{ name: 'spark.leased', key: 'l' }] }),
      secretName: RUN_NAME,
      values: values({ l: 'for this run' }),
      groups: groups({}),
    });
    if ('problems' in own) throw new Error(JSON.stringify(own.problems));
    const data = runContent({ shared, secretName: RUN_NAME, own: own.data });
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
