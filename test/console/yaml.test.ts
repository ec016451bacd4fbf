import { expect } from 'chai';
import { parse } from 'yaml';
import { toYaml } from '../../operator/console/app/model/yaml.ts';

/** What other writers of YAML got wrong: words that are no text, indicators, white space, control characters. */
const TEXTS = [
  ...[
    '',
    ' ',
    'a',
    'plain-text',
    'yes',
    'No',
    'on',
    'null',
    '~',
    'true',
    'TRUE',
    'y',
    '1',
    '0x1f',
    '1e3',
    '1_000',
    '.inf',
    '-',
  ],
  ...[
    '2026-11-26',
    '12:30:45',
    ': a',
    'a: b',
    'a #b',
    '#a',
    '- a',
    '? a',
    '!tag',
    '&a',
    '*a',
    '|',
    '>',
    '%a',
    '@a',
    '`a`',
    '{}',
    '[]',
    '"a"',
  ],
  ...[
    "'a'",
    'a\\b',
    'a\nb',
    'a\n',
    '\n',
    '\t',
    'a\r\nb',
    ' a ',
    '\u0000',
    '\u0007',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '\ud800',
    'é',
    '💥',
  ],
  ...[
    'orders-*',
    'jdbc:postgresql://db/orders?password=${orders/DB_PASSWORD}',
    '<<',
    '=',
    '---',
    '...',
    '__proto__',
    'a/b.c_d-e',
  ],
];

describe('YAML that the page writes', () => {
  for (const version of ['1.1', '1.2'] as const) {
    it(`is read by YAML ${version} as what it was made of`, () => {
      for (const text of TEXTS) {
        const value = { value: text, list: [text, { inner: text, more: [text] }], nested: { [`k${text}`]: text } };
        expect(parse(toYaml(value), { version }), JSON.stringify(text)).to.deep.equal(value);
      }
    });
  }

  it('has empty lists and objects, numbers and flags, and nothing of what is not there', () => {
    const value = { a: [], b: {}, c: 1, d: false, e: undefined, f: [[], {}, [1]], g: [{ h: [] }] };
    const text = toYaml(value);
    expect(parse(text)).to.deep.equal({ a: [], b: {}, c: 1, d: false, f: [[], {}, [1]], g: [{ h: [] }] });
    expect(text).not.to.match(/^e:/m);
  });

  it('looks as people write it', () => {
    expect(toYaml({ kind: 'A', spec: { list: [{ name: 'a', key: 'g/A' }], none: {}, glob: 'orders-*' } })).to.equal(
      ['kind: A', 'spec:', '  list:', '    - name: a', '      key: g/A', '  none: {}', '  glob: "orders-*"', ''].join(
        '\n',
      ),
    );
  });
});
