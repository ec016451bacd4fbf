import { expect } from 'chai';
import { plain, plainJson, plainTree } from '../../cli/plain.ts';

describe('text for a terminal', () => {
  const table: Readonly<Record<string, [string, string]>> = {
    'an escape sequence': ['\u001b[2Jx', '\\u001b[2Jx'],
    'one of the C1 set': ['\u009b31m', '\\u009b31m'],
    'a line end': ['a\r\nb', 'a\\u000d\\u000ab'],
    'a change of direction': ['a\u202eb\u2066', 'a\\u202eb\\u2066'],
    'characters that nobody sees': ['a\u200b\ufeff\u00ad', 'a\\u200b\\ufeff\\u00ad'],
    'half a pair': ['\ud83d', '\\ud83d'],
    'words of other languages and pictures': ['Größe 名前 🚀', 'Größe 名前 🚀'],
  };
  for (const [name, [text, shown]] of Object.entries(table)) {
    it(`shows ${name}`, () => {
      expect(plain(text)).to.equal(shown);
      expect(plainTree({ [text]: [text, 1, null, true] })).to.deep.equal({ [shown]: [shown, 1, null, true] });
      const json = plainJson({ [text]: [text] });
      expect(JSON.parse(json), 'still the same value').to.deep.equal({ [text]: [text] });
      expect(json.replaceAll('\n', ''))
        .to.match(/^[ -~\u00a1-\uffff]*$/)
        .and.not.match(/[\u0080-\u009f\u200b\u202e]/);
    });
  }
});
