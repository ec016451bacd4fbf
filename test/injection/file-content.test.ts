import { expect } from 'chai';
import { fileContent, fileProblem } from '../../operator/injection/file-content.ts';
import type { FileEntry } from '../../operator/injection/files.ts';
import { CANARY, values } from './bindings.ts';
import { NASTY_VALUES } from './nasty-values.ts';

type Stored = Readonly<Record<string, string | Buffer>>;

function contentOf(files: readonly FileEntry[], stored: Stored) {
  const content = fileContent({ files: [...files] }, values(stored));
  if (content === undefined) throw new Error('there is none');
  return content;
}

/** Name of each file → its bytes. */
function filesOf(files: readonly FileEntry[], stored: Stored): Record<string, Buffer> {
  const content = contentOf(files, stored);
  if ('problems' in content) throw new Error(JSON.stringify(content.problems));
  return Object.fromEntries(Object.entries(content.data).map(([name, text]) => [name, Buffer.from(text, 'base64')]));
}

function problemsOf(files: readonly FileEntry[], stored: Stored): string[] {
  const content = contentOf(files, stored);
  if (!('problems' in content)) throw new Error('there is no problem');
  return content.problems.map(({ reason, message }) => `${reason}: ${message}`);
}

const BINARY = Buffer.from(Array.from({ length: 1024 }, (_, at) => (at * 7) % 256));

describe('the content of files', () => {
  it('is none for a binding without files', () => {
    expect(fileContent({}, values({}))).to.be.undefined;
    expect(fileContent({ files: [] }, values({}))).to.be.undefined;
  });

  it('is a value’s bytes as they are, whatever they are', () => {
    const stored: Stored = { ...NASTY_VALUES, binary: BINARY, empty: '', nul: 'a\0b\n' };
    const keys = Object.keys(stored).map((name, at) => [name, `k${at}`] as const);
    const entries = keys.map(([, key]) => ({ path: `${key}.txt`, key, encoding: 'text' as const }));
    const byKey = Object.fromEntries(keys.map(([name, key]) => [key, stored[name]!]));
    const files = filesOf(entries, byKey);
    for (const [name, key] of keys) expect(files[`${key}.txt`]?.equals(Buffer.from(stored[name]!)), name).to.be.true;
  });

  it('is what base64 stands for, with or without line ends', () => {
    const text = BINARY.toString('base64');
    const wrapped = `${text.replaceAll(/.{76}/g, '$&\r\n')}\n`;
    for (const value of [text, wrapped, ` ${text} `])
      expect(filesOf([{ path: 'f', key: 'k', encoding: 'base64' }], { k: value })['f']?.equals(BINARY)).to.be.true;
    expect(filesOf([{ path: 'f', key: 'k', encoding: 'base64' }], { k: '' })['f']).to.have.lengthOf(0);
  });

  it('says which key each file is from, in the order of names, whatever the order of entries', () => {
    const entries: FileEntry[] = [
      { path: 'b', key: 'x' },
      { path: 'a.pem', key: 'orders/CA' },
    ];
    const stored = { x: '1', 'orders/CA': '2' };
    const content = contentOf(entries, stored);
    expect(content).to.have.deep.property('keys', { 'a.pem': 'orders/CA', b: 'x' });
    expect(JSON.stringify(content)).to.equal(JSON.stringify(contentOf(entries.toReversed(), stored)));
  });

  const wrong: Readonly<Record<string, [readonly FileEntry[], Stored, RegExp]>> = {
    'a key without a value': [[{ path: 'f', key: 'k' }], {}, /^KeyNotFound: key k has no value/],
    'text that is no base64': [
      [{ path: 'f', key: 'k', encoding: 'base64' }],
      { k: `${CANARY}!` },
      /^InvalidValue: file f \(key k\): the value is no base64: .*set encoding: text/,
    ],
    'base64 without its end': [[{ path: 'f', key: 'k', encoding: 'base64' }], { k: 'QUI' }, /no base64/],
    'base64 of URLs': [[{ path: 'f', key: 'k', encoding: 'base64' }], { k: '_-8=' }, /no base64/],
    'bytes that are no text, for base64': [
      [{ path: 'f', key: 'k', encoding: 'base64' }],
      { k: Buffer.from([0xff, 0xfe, 0x41, 0x41]) },
      /no base64/,
    ],
    'a file that is listed twice': [
      [
        { path: 'f', key: 'k' },
        { path: 'f', key: 'l' },
      ],
      { k: CANARY, l: CANARY },
      /^Conflict: file f is listed more than once/,
    ],
    'files that no Secret takes together': [
      [
        { path: 'a', key: 'k' },
        { path: 'b', key: 'k' },
      ],
      { k: Buffer.alloc(524_289) },
      /^ValueTooLarge: all files together have 1048578 bytes, .*a \(524289 bytes\), b/,
    ],
  };
  for (const [what, [files, stored, expected]] of Object.entries(wrong)) {
    it(`is refused for ${what}, naming no value`, () => {
      const problems = problemsOf(files, stored);
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(expected).and.not.include(CANARY);
    });
  }

  it('may be as large as a Secret', () => {
    expect(filesOf([{ path: 'a', key: 'k' }], { k: Buffer.alloc(1_048_576) })['a']).to.have.lengthOf(1_048_576);
  });
});

describe('an entry of files', () => {
  for (const path of ['keystore.jks', 'a', '.pgpass', 'A_b-c.1', 'a..b', 'x'.repeat(253)])
    it(`may be called ${path.slice(0, 20)}`, () => {
      expect(fileProblem({ path, key: 'k' })).to.be.undefined;
    });

  for (const path of ['', '.', '..', '..a', 'a/b', '/a', 'a b', 'é', 'a\n', 'x'.repeat(254)])
    it(`may not be called ${JSON.stringify(path.slice(0, 20))}`, () => {
      expect(fileProblem({ path, key: 'k' })).to.include({ reason: 'InvalidValue' });
    });

  it('names a key, not credentials that are made for each run', () => {
    expect(fileProblem({ path: 'f', key: 'a//b' })).to.include({ reason: 'KeyNotFound' });
    expect(fileProblem({ path: 'f', key: 'database/creds/ro#password' })?.message).to.match(
      /made for each run and can't be a file/,
    );
  });
});
