import { expect } from 'chai';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { parseDocuments } from '../../../cli/formats/documents.ts';
import { inGroup } from '../../../cli/formats/entry.ts';
import { fileOf } from '../../../cli/formats/write.ts';
import { CommandProblem } from '../../../cli/problem.ts';
import { NASTY_VALUES, randomTexts } from '../../injection/nasty-values.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (name: string, more: object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...more });

describe('JSON and YAML with keys', () => {
  const read = (text: string, domainGroups = true): [string, string][] =>
    parseDocuments(text, domainGroups).map(({ key, value }) => [key, value.reveal().toString('utf8')]);

  it('give back every value that was written', async () => {
    const texts = [
      ...Object.values(NASTY_VALUES),
      ...randomTexts(200, 5),
      '\u0000',
      '\u0085\u2028',
      'x'.repeat(1_048_576),
    ];
    const values = [
      ...texts.filter((text) => text.isWellFormed()).map((text) => SecretValue.fromText(text)),
      ...[[0xff], [0xfe, 0x00], [0xed, 0xa0, 0x80]].map((bytes) => SecretValue.fromBytes(Uint8Array.from(bytes))),
      SecretValue.fromText(''),
    ].map((value, at) => ({ key: `group-${at % 7}/K${at}`, value }));
    for (const format of ['json', 'yaml'] as const) {
      const found = parseDocuments(await fileOf(format, values), true);
      expect(found.map(({ key }) => key)).to.deep.equal(values.map(({ key }) => key));
      const wrong = found.filter(({ value }, at) => !value.equals(values[at]!.value)).map(({ key }) => key);
      expect(wrong, format).to.deep.equal([]);
    }
  });

  it('are maps, whose maps are groups', () => {
    expect(read('A: x\norders:\n  DB: "1"\n  s3: {KEY: y}\n"a/b": z\nYES: yes\nDATE: 2024-01-01\n')).to.deep.equal([
      ['A', 'x'],
      ['orders/DB', '1'],
      ['orders/s3/KEY', 'y'],
      ['a/b', 'z'],
      ['YES', 'yes'],
      ['DATE', '2024-01-01'],
    ]);
    expect(read('{\n\t"A": "\\ud83d\\ude80",\n\t"g": {"B": "x"}\n}')).to.deep.equal([
      ['A', '🚀'],
      ['g/B', 'x'],
    ]);
    expect(read('1.10: a\n1.1: b\n0123: c\n1e3: d\ntrue: e\n~: f\n"g": !!str h\n')).to.deep.equal([
      ['1.10', 'a'],
      ['1.1', 'b'],
      ['0123', 'c'],
      ['1e3', 'd'],
      ['true', 'e'],
      ['~', 'f'],
      ['g', 'h'],
    ]);
    expect(read('%YAML 1.1\n---\n1: a\nyes: b\n"__proto__": c\n')).to.deep.equal([
      ['1', 'a'],
      ['yes', 'b'],
      ['__proto__', 'c'],
    ]);
    expect(read('')).to.deep.equal([]);
  });

  it('are manifests of Secrets; those of IOMETE’s domains get the domain as their group', () => {
    const [all, sales, other] = [
      secret('iomete-secret-store', { data: { A: base64('1'), B: base64('old') }, stringData: { B: 'new' } }),
      secret('iomete-secret-store-sales', { data: { A: base64('2\n').replace(/(.)/, '$1\n') } }),
      secret('iomete-secret-stores', { data: { 'x.y-z': base64('3') } }),
    ];
    expect(read([all, sales, other].join('\n---\n'))).to.deep.equal([
      ['A', '1'],
      ['B', 'new'],
      ['sales/A', '2\n'],
      ['x.y-z', '3'],
    ]);
    expect(read(`{"apiVersion": "v1", "kind": "List", "items": [${sales}]}`)).to.deep.equal([['sales/A', '2\n']]);
    expect(read(sales, false), 'another group is said').to.deep.equal([['A', '2\n']]);
  });

  const wrong: Readonly<Record<string, [string, string]>> = {
    'a number': ['A:\n  PORT: 0123', 'A/PORT is no text: put its value in quotes'],
    'nothing where a value should be': ['A:', 'A is no text: put its value in quotes'],
    'a list where a value should be': ['A: [canary]', 'A is no text: put its value in quotes'],
    'a key that stands twice': ['A: canary\nB: x\nA: y\n', 'it is no JSON or YAML from line 3 on (DUPLICATE_KEY)'],
    'what is neither': ['a: [canary\nb: "', 'it is no JSON or YAML from line 2 on'],
    'a text alone': ['canary', 'it is neither a list nor a map of keys'],
    'both in an entry': ['[{"key": "A", "value": "canary", "valueBase64": ""}]', 'A: an entry is {key, value} or'],
    'neither in an entry': ['[{"value": "canary"}]', 'entry 1 of the list: an entry is'],
    'more in an entry': ['[{"key": "A", "value": "canary", "note": "x"}]', 'A: an entry is'],
    'no base64': ['[{"key": "A", "valueBase64": "canary!"}]', 'A is no base64'],
    'no Unicode': ['{"A": "canary\\ud800"}', 'A holds what is no Unicode'],
    'another object': ['{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}', 'it holds ConfigMap c'],
    'no base64 in a Secret': [secret('s', { data: { A: 'canary' } }), 'A of Secret s is no base64'],
    'a tag of others': ['a:\n  B: !vault |\n    canary\n', 'a/B has a YAML tag'],
    'a tag in a list': ['- {key: A, value: x}\n- {key: B, value: !canary x}', 'entry 2/value has a YAML tag'],
    'a tag on all of it': ['!canary {A: x}', 'it has a YAML tag'],
    'a time': ['A: !!timestamp 2024-01-01', 'A has a YAML tag'],
    'a set': ['A: !!set {canary: }', 'A has a YAML tag'],
    bytes: ['A: !!binary Y2FuYXJ5', 'A has a YAML tag'],
    'a tag in a Secret': ['apiVersion: v1\nkind: Secret\nstringData: {A: !canary x}', 'stringData/A has a YAML tag'],
    'a date of YAML 1.1': ['%YAML 1.1\n---\nA: {B: 2024-01-01}', 'A/B is no text: put its value in quotes'],
    'a date alone': ['%YAML 1.1\n---\n2024-01-01', 'it is neither a list nor a map of keys'],
    'another version of YAML': ['%YAML 3.0\n---\nA: canary', 'it is no JSON or YAML from line 1 on (BAD_DIRECTIVE)'],
    'a key that is a list': ['? [canary]\n: x', 'it is no JSON or YAML from line 1 on (NON_STRING_KEY)'],
    'a key that stands twice, in quotes too': ['1: canary\n"1": x', 'from line 2 on (DUPLICATE_KEY)'],
    'too many aliases': [`a: &a {${'x'.repeat(9)}: y}\n${bomb()}`, 'it has too many YAML aliases'],
  };
  for (const [name, [text, message]] of Object.entries(wrong)) {
    it(`are refused with ${name}, and nothing of it is repeated`, () => {
      expect(() => parseDocuments(text, true))
        .to.throw(CommandProblem, message)
        .with.property('message')
        .not.contain('canary');
    });
  }

  it('have no key twice, and none that is no key', () => {
    const twice = parseDocuments('{"a/b": "1", "a": {"b": "2"}}', true);
    expect(() => inGroup('g', twice)).to.throw(CommandProblem, 'g/a/b stands twice: a/b and a/b');
    for (const name of ['a b', '../x', 'a//b', 'é', 'x'.repeat(513)])
      expect(() => inGroup('', parseDocuments(JSON.stringify({ [name]: 'x' }), true)), name).to.throw('is no key');
  });
});

function bomb(): string {
  return Array.from({ length: 9 }, (_, at) => `b${at}: &b${at} {${uses(at)}}`).join('\n');
}

function uses(at: number): string {
  const name = at === 0 ? 'a' : `b${at - 1}`;
  return Array.from({ length: 9 }, (_, of) => `k${of}: *${name}`).join(', ');
}
