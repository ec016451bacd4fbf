import { expect } from 'chai';
import { parse } from 'yaml';
import { isPlainText, plain, plainJson } from '../../../cli/terminal/plain.ts';
import { plainYaml } from '../../../cli/terminal/plain-yaml.ts';
import { table } from '../../../cli/terminal/table.ts';

describe('text for a terminal', () => {
  const cases: Readonly<Record<string, [string, string]>> = {
    'an escape sequence': ['\u001b[2Jx', '\\u001b[2Jx'],
    'one of the C1 set': ['\u009b31m', '\\u009b31m'],
    'a line end': ['a\r\nb', 'a\\u000d\\u000ab'],
    'a change of direction': ['a\u202eb\u2066', 'a\\u202eb\\u2066'],
    'characters that nobody sees': ['a\u200b\ufeff\u00ad', 'a\\u200b\\ufeff\\u00ad'],
    'half a pair': ['\ud83d', '\\ud83d'],
    'words of other languages and pictures': ['Größe 名前 🚀', 'Größe 名前 🚀'],
    'what YAML would take for something else': ['null: - #', 'null: - #'],
  };
  for (const [name, [text, shown]] of Object.entries(cases)) {
    it(`shows ${name}`, () => {
      expect(plain(text)).to.equal(shown);
      expect(table(['', 'B'], [[text, text]]).split('\n')[1]).to.equal(`${shown}  ${shown}`);
      const value = { [text]: [text, 1, null, true, { a: `${text}\n${text}` }] };
      const documents = [plainJson(value), plainYaml(value)];
      expect(JSON.parse(documents[0]!), 'still the same value').to.deep.equal(value);
      // Half a pair is no Unicode: YAML has no way to hold it.
      if (text.isWellFormed()) expect(parse(documents[1]!), 'still the same value').to.deep.equal(value);
      for (const document of documents) expect(isPlainText(document)).to.equal(true);
    });
  }

  it('is the same value to YAML 1.1, as kubectl and others read it', () => {
    const words = ['yes', 'NO', 'on', 'y', 'N', '1_000', '0x_f', '0b1', '017', '0o17', '1:30', '190:20:30.15'];
    const more = ['1.', '.5', '+.inf', '2024-01-01', '2024-01-01 10:00:00', '~', '<<', '=', '1e3', '12e03'];
    // With a line end over it and an invisible character all of it is quoted.
    for (const extra of ['', '\u200b'])
      for (const word of [...words, ...more]) {
        const value = { [word]: word, list: [word, extra] };
        expect(parse(plainYaml(value), { version: '1.1' }), word).to.deep.equal(value);
        expect(parse(plainYaml(value)), word).to.deep.equal(value);
      }
  });

  it('has columns as wide as people see them', () => {
    const rows = [
      ['é', 'x'],
      ['e\u0301', 'x'],
      ['👍🏽', 'x'],
      ['ab', 'x'],
    ];
    const lines = table(['A', 'B'], rows).split('\n').slice(0, -1);
    const characters = new Intl.Segmenter();
    expect(lines.map((line) => Array.from(characters.segment(line)).length)).to.deep.equal([5, 5, 5, 5, 5]);
  });
});
