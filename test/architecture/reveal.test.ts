import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const OPERATOR = join(import.meta.dirname, '..', '..', 'operator');
/** Where a value is written out: into a binding's Secret, a store of each type, an answer of the API; and where a credential is used. */
const MAY_REVEAL = [
  'followed-secrets.ts',
  'http/revealed.ts',
  'injection/leased-content.ts',
  'injection/reference-content.ts',
  'injection/secret-content.ts',
  'stores/database/connection-url.ts',
  'stores/database/envelope.ts',
  'stores/vault/wire.ts',
];

describe('a value', () => {
  it('is opened only where it is written out', async () => {
    const files = (await readdir(OPERATOR, { recursive: true })).filter((file) => file.endsWith('.ts'));
    const texts = await Promise.all(files.map((file) => readFile(join(OPERATOR, file), 'utf8')));
    // Also `value['reveal']`, `{ reveal }` and a method passed on; the declaration itself is in api/secret-value.ts.
    const users = files.filter((_, at) => /\breveal\b/.test(texts[at]!.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '')));
    expect(users.sort()).to.deep.equal(['api/secret-value.ts', ...MAY_REVEAL]);
  });
});
