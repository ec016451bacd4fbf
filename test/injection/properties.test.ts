import { expect } from 'chai';
import { escapeProperty, trimmedBySpark } from '../../operator/injection/properties.ts';
import { readWithJava } from './java-properties.ts';
import { NASTY_VALUES, randomTexts } from './nasty-values.ts';

describe('escapeProperty', () => {
  it('writes one line of printable ASCII', () => {
    const lines = [...Object.values(NASTY_VALUES), ...randomTexts(500)].map((text) =>
      escapeProperty(`spark.${text}`, text),
    );
    expect(lines.filter((line) => !/^[\x20-\x7e]*$/.test(line))).to.be.empty;
  });

  it('is what java.util.Properties reads back exactly, in names and values', function () {
    this.timeout(60_000);
    const texts = [...Object.values(NASTY_VALUES), ' leading', ' ', ...randomTexts(3000)];
    const expected = new Map(
      texts.flatMap((text, at): [string, string][] => [
        [`spark.v${at}`, text],
        [`${at}${text}`, 'name'],
      ]),
    );
    const file = [...expected].map(([name, value]) => escapeProperty(name, value)).join('\n');
    const { values } = readWithJava(file);
    expect(values.size).to.equal(expected.size);
    expect([...expected].filter(([name, value]) => values.get(name) !== value)).to.be.empty;
  });
});

describe('trimmedBySpark', () => {
  const values: Record<string, boolean> = {
    ' a': true,
    'a ': true,
    '\ta': true,
    'a\u0000': true,
    'a\f': true,
    ' ': true,
    a: false,
    'a b': false,
    '\na\r\n': false,
    '\u00a0a\u2003': false,
    '': false,
  };
  for (const [value, expected] of Object.entries(values)) {
    it(`says that Spark ${expected ? 'changes' : 'keeps'} ${JSON.stringify(value)}`, () => {
      expect(trimmedBySpark(value)).to.equal(expected);
    });
  }
});
