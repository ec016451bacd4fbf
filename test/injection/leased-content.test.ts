import { expect } from 'chai';
import type { DynamicReference } from '../../operator/api/dynamic-reference.ts';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { LEASED_KEY } from '../../operator/injection/data-keys.ts';
import { keyIndexName } from '../../operator/injection/key-index.ts';
import { leasedContent, leasedReferences, parseLeasedTemplates } from '../../operator/injection/leased-content.ts';
import { runContent } from '../../operator/injection/run-content.ts';
import { failureOf, seenOf } from '../support/failure.ts';
import { CANARY, contentOf, key, spec } from './bindings.ts';
import { NASTY_VALUES } from './nasty-values.ts';

const PATH = 'database/creds/readonly';
const INDEX = keyIndexName('orders');

/** What the binding's Secret says of its leases, and all of its data. */
function shared(part: Partial<BindingSpec>, values: Record<string, string> = {}): ReturnType<typeof contentOf> {
  return contentOf(spec({ scope: 'Application', ...part }), values);
}

const templatesOf = ({ data }: ReturnType<typeof contentOf>) =>
  parseLeasedTemplates(Buffer.from(data[LEASED_KEY] ?? '').toString('base64'));

const credentials = (fields: Record<string, string | Buffer>) =>
  new Map([
    [
      key(PATH),
      new Map(Object.entries(fields).map(([name, text]) => [name, SecretValue.fromBytes(Buffer.from(text))] as const)),
    ],
  ]);

const USER = `${PATH}#username`;
const PASSWORD = `${PATH}#password`;

describe('content on lease', () => {
  it('is not in the binding’s Secret, which only says where each run gets it', () => {
    const content = shared(
      {
        env: [
          { name: 'A', key: 'A' },
          { name: 'U', key: USER, targets: ['driver'] },
          { name: 'P', key: PASSWORD },
        ],
        sparkConf: [
          { name: 'spark.plain', key: 'A' },
          { name: 'spark.user', key: USER },
          { name: 'spark.url', template: `\${A}:\${${PASSWORD}}` },
        ],
      },
      { A: 'one' },
    );
    expect(content.envKeys).to.deep.equal({ A: 'A', P: PASSWORD, U: USER });
    const references = ['references.txt', 'executor-references.txt'];
    const own = ['leased.json', 'spark.properties', 'redaction.regex', ...references];
    expect(content.data).to.have.all.keys('A', INDEX, ...own);
    expect(content.data[INDEX]).to.equal(`A env A\n${PASSWORD} env P\n${USER} env U\n`);
    expect(content.data['references.txt']).to.equal('A=one\n');
    expect(content.data['spark.properties']).to.equal(
      'spark.plain=one\n' +
        'spark.kubernetes.executor.secretKeyRef.A=spark-secrets-orders\\:A\n' +
        'spark.kubernetes.executor.secretKeyRef.P=spark-secrets-orders\\:P\n' +
        `spark.kubernetes.executor.secretKeyRef.${INDEX}=spark-secrets-orders\\:${INDEX}\n` +
        'spark.kubernetes.executor.label.secrets.iomete.com/injected=true\n',
    );
    expect(content.data['redaction.regex']).to.equal('|^spark[.]plain$|^spark[.]url$|^spark[.]user$');
    expect(leasedReferences(templatesOf(content))).to.deep.equal([PASSWORD, USER]);
  });

  it('is noted nowhere when a binding has none', () => {
    expect(shared({ env: [{ name: 'A', key: 'A' }] }, { A: '1' }).data).not.to.have.property(LEASED_KEY);
  });

  it('comes to a run’s Secret as if it were the content of keys', () => {
    const part = {
      env: [{ name: 'U', key: USER }],
      sparkConf: [{ name: 'spark.url', template: `a=\${A};\${${USER}}` }],
    };
    const content = shared(part, { A: 'x=y' });
    const own = leasedContent(templatesOf(content), credentials({ username: 'v-1' }));
    if ('problems' in own) throw new Error(JSON.stringify(own.problems));
    const encoded = Object.entries(content.data).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
    const data = runContent({
      shared: {
        name: 'spark-secrets-orders',
        files: 'spark-secrets-orders-files',
        data: Object.fromEntries(encoded) as Record<string, string>,
      },
      run: { name: 'spark-secrets-orders-run-abcdefgh01', files: 'spark-secrets-orders-run-abcdefgh01-files' },
      own: own.data,
    });
    const keys = contentOf(
      spec({ env: [{ name: 'U', key: 'U' }], sparkConf: [{ name: 'spark.url', template: 'a=${A};${U}' }] }),
      {
        A: 'x=y',
        U: 'v-1',
      },
    );
    const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
    expect(Object.keys(data).sort()).to.deep.equal(Object.keys(keys.data).sort());
    expect(text('U')).to.equal('v-1');
    expect(text('redaction.regex')).to.equal(keys.data['redaction.regex']);
    expect(text('spark.properties')).to.include('spark.url=a\\=x\\=y;v-1\n');
  });

  for (const [what, value] of Object.entries(NASTY_VALUES)) {
    it(`is written into a property as a key's value is: ${what}`, () => {
      const part = { sparkConf: [{ name: 'spark.x', template: `<\${${USER}}>` }] };
      const own = leasedContent(templatesOf(shared(part)), credentials({ username: value }));
      if ('problems' in own) throw new Error(JSON.stringify(own.problems));
      const line = Buffer.from(own.data['spark.properties'] ?? '', 'base64').toString();
      const { data } = contentOf(spec({ sparkConf: [{ name: 'spark.x', template: '<${U}>' }] }), { U: value });
      expect(data['spark.properties']?.startsWith(line)).to.be.true;
      expect(line).to.match(/^spark[.]x=.*\n$/);
    });
  }

  const REFUSED: Record<string, readonly [fields: Record<string, string | Buffer>, reason: string, words: string]> = {
    'a field that is not there': [{ user: CANARY }, 'KeyNotFound', `${PATH} have no field username`],
    'a NUL byte in a variable': [{ username: `${CANARY}\0` }, 'InvalidValue', 'variable U (key'],
    'what is no text': [{ username: Buffer.from([0xff, 0xfe]) }, 'InvalidValue', 'not valid UTF-8'],
    'a space at the end of a property': [{ username: `${CANARY} ` }, 'InvalidValue', 'Spark would cut off'],
    'more than Linux carries': [{ username: CANARY.repeat(9_000) }, 'ValueTooLarge', 'Linux carries'],
  };
  for (const [what, [fields, reason, words]] of Object.entries(REFUSED)) {
    it(`is refused with ${what}, in words without a value`, () => {
      const part = { env: [{ name: 'U', key: USER }], sparkConf: [{ name: 'spark.x', key: USER }] };
      const own = leasedContent(templatesOf(shared(part)), credentials(fields));
      if (!('problems' in own)) throw new Error('it was taken');
      expect(own.problems[0]).to.have.property('reason', reason);
      expect(own.problems[0]?.message).to.include(words);
      expect(JSON.stringify(own)).not.to.include(CANARY);
    });
  }

  for (const text of [
    ...['', '{', `{"env":"${CANARY}"}`, `{"env":{"A":"${CANARY}"},"sparkConf":[]}`, 'null'],
    `{"env":{"A":"${USER}","B":"${CANARY}"},"sparkConf":[]}`,
  ]) {
    it(`is not made from what somebody wrote in its place: ${text}`, async () => {
      const parsing = (async () => {
        await Promise.resolve();
        return parseLeasedTemplates(Buffer.from(text).toString('base64'));
      })();
      expect(seenOf(await failureOf(parsing))).not.to.include(CANARY);
    });
  }

  it('has each reference once', () => {
    const reference = USER as DynamicReference;
    const sparkConf = [{ name: 'spark.x', parts: [{ reference }, 'x', { reference }] }];
    expect(leasedReferences({ env: { U: reference }, sparkConf })).to.deep.equal([USER]);
  });
});
