import { expect } from 'chai';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { LEASED_KEY } from '../../operator/injection/data-keys.ts';
import { leasedContent, parseLeasedTemplates } from '../../operator/injection/leased-content.ts';
import { secretContent } from '../../operator/injection/secret-content.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { CANARY, contentOf, key, spec, values } from './bindings.ts';

type Conf = NonNullable<BindingSpec['sparkConf']>[number];

const PATH = 'database/creds/readonly';

/** What is said of a binding with these properties, of which `k` is the secret. */
function problemsOf(sparkConf: readonly Conf[], k: string | Buffer): readonly string[] {
  const content = secretContent({
    spec: spec({ sparkConf: [...sparkConf] }),
    binding: 'b',
    secretName: 's',
    values: values({ k, plain: CANARY }),
    groups: new Map(),
  });
  if (!('problems' in content)) return [];
  return content.problems.map(({ reason, message }) => `${reason}: ${message}`);
}

/** The same of credentials on lease. */
function leasedProblemsOf(entry: Conf, password: string): readonly string[] {
  const { data } = contentOf(spec({ scope: 'Application', sparkConf: [entry] }), {});
  const templates = parseLeasedTemplates(Buffer.from(data[LEASED_KEY] ?? '').toString('base64'));
  const fields = new Map([['password', SecretValue.fromBytes(Buffer.from(password))]]);
  const content = leasedContent(templates, new Map([[key(PATH), fields]]));
  return 'problems' in content ? content.problems.map(({ reason, message }) => `${reason}: ${message}`) : [];
}

describe('a value in a property of spark.ssl', () => {
  const name = 'spark.ssl.ui.keyStorePassword';
  const said =
    /^InvalidValue: (sparkConf|property) spark[.]ssl[.]ui[.]keyStorePassword\b.*\$\{env:NAME\}, which Spark would replace .*: change the secret/;
  const ways: Readonly<Record<string, Conf>> = {
    'by its value': { name, key: 'k', delivery: 'Value' },
    'in a template by its value': { name, template: '<${k}>', delivery: 'Value' },
    'by a variable, whose text Spark replaces again': { name, key: 'k' },
    'in a template by a variable': { name, template: '<${k}>' },
  };
  for (const [way, entry] of Object.entries(ways)) {
    for (const reference of ['${env:HOME}', 'a${system:user.home}', '${spark.app.name}', '${x ${}}', 'ü${env:X}']) {
      it(`is refused ${way} with ${reference}, and not repeated`, () => {
        const [problem, ...others] = problemsOf([entry], `${CANARY}${reference}`);
        expect(problem).to.match(said);
        expect(problem).not.to.include(CANARY);
        expect(others).to.deep.equal([]);
      });
    }
    it(`is taken ${way} with what Spark leaves alone`, () => {
      for (const value of ['', '$', '${}', '${', '}${', '${a b}', '$ {a}', '{a}', '${a\n}'])
        expect(problemsOf([entry], value), value).to.deep.equal([]);
    });
  }

  for (const delivery of ['Auto', 'Value'] as const) {
    it(`may be beside a reference that the author writes into the template (${delivery})`, () => {
      expect(problemsOf([{ name, template: '$${env:HOME}/${k}', delivery }], CANARY)).to.deep.equal([]);
      expect(problemsOf([{ name, template: '$${env:MINE}', delivery }], CANARY)).to.deep.equal([]);
    });

    it(`makes no reference with what stands beside it (${delivery})`, () => {
      const [problem] = problemsOf([{ name, template: '${k}{env:HOME}', delivery }], '$');
      expect(problem).to.match(said);
    });
  }

  it('is refused with a reference when it is leased', () => {
    const leased = [
      { name, key: `${PATH}#password` },
      { name, template: `<\${${PATH}#password}>`, delivery: 'Value' },
    ] as const;
    for (const entry of leased) {
      const [problem] = leasedProblemsOf(entry, `${CANARY}\${env:HOME}`);
      expect(problem).to.match(said);
      expect(problem).not.to.include(CANARY);
      expect(leasedProblemsOf(entry, CANARY)).to.deep.equal([]);
    }
  });

  it('alone is looked at so: Spark reads others as they are', () => {
    const others = ['spark.x', 'spark.hadoop.x'].map((other) => ({ name: other, key: 'k' }));
    expect(problemsOf(others, '${env:HOME}')).to.deep.equal([]);
  });

  it('is looked at in no time, however many references begin in it', () => {
    const start = performance.now();
    expect(problemsOf([ways['by its value']!], '${'.repeat(200_000))).to.deep.equal([]);
    expect(performance.now() - start).to.be.below(5_000);
  });
});

describe('a value that the variable of a property can not carry', () => {
  const name = 'spark.hadoop.my.secret';
  const large = CANARY + 'x'.repeat(600_000 - CANARY.length);
  const cases: Record<string, readonly [entry: Conf, value: string | Buffer, says: string]> = {
    'is too large': [
      { name, key: 'k' },
      large,
      'ValueTooLarge: property spark.hadoop.my.secret (key k): the value has 600000 bytes, Linux carries 131045 in the variable that carries it: shorten it, or set delivery: Value.',
    ],
    'is too large in a template': [
      { name, template: '${k}${plain}' },
      large,
      `ValueTooLarge: property spark.hadoop.my.secret (a template): the value has ${600_000 + CANARY.length} bytes, Linux carries 131045 in the variable that carries it: shorten it, or set delivery: Value.`,
    ],
    'has a NUL byte': [
      { name, key: 'k' },
      `${CANARY}\0`,
      'InvalidValue: property spark.hadoop.my.secret (key k): the value has a NUL byte, where the variable that carries it would end: remove it, or set delivery: Value.',
    ],
    'has a NUL byte, where Spark takes a variable only': [
      { name: 'spark.ssl.keyStore', key: 'k' },
      `${CANARY}\0`,
      'InvalidValue: property spark.ssl.keyStore (key k): the value has a NUL byte, where the variable that carries it would end: remove it.',
    ],
    'is no text': [
      { name, key: 'k' },
      Buffer.concat([Buffer.from(CANARY), Buffer.from([0xff])]),
      'InvalidValue: property spark.hadoop.my.secret (key k): the value is not valid UTF-8 text, as a property has to be: store it as text, or give it to the job in files.',
    ],
    'is no text in a template': [
      { name, template: '<${k}>' },
      Buffer.from([0xff]),
      'InvalidValue: property spark.hadoop.my.secret (key k): the value is not valid UTF-8 text',
    ],
  };
  for (const [what, [entry, value, says]] of Object.entries(cases)) {
    it(`because it ${what} is told by the property, with what helps`, () => {
      const [problem, ...others] = problemsOf([entry], value);
      expect(problem?.startsWith(says), problem).to.equal(true);
      expect(problem).not.to.match(/SPARK_SECRET_|canary/i);
      expect(others).to.deep.equal([]);
    });
  }

  it('goes by its value where that is said to help', () => {
    for (const value of [large, `${CANARY}\0x`])
      expect(problemsOf([{ name, key: 'k', delivery: 'Value' }], value)).to.deep.equal([]);
  });

  it('is told by the property when it is leased', () => {
    const [problem] = leasedProblemsOf({ name, key: `${PATH}#password` }, large);
    expect(problem).to.match(/^ValueTooLarge: property spark\.hadoop\.my\.secret \(key database.*delivery: Value\.$/);
  });
});
