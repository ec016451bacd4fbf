import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** Where a value is written out: into a binding's Secret, a store of each type, an answer of the API; and where a credential is used. */
const MAY_REVEAL = [
  'followed-secrets.ts',
  'http/revealed.ts',
  'injection/file-content.ts',
  'injection/leased-content.ts',
  'injection/reference-content.ts',
  'injection/secret-content.ts',
  'stores/database/connection-url.ts',
  'stores/database/envelope.ts',
  'stores/vault/wire.ts',
];
/** Into a request to the API and files that were asked for, and onto standard output. */
const COMMAND_MAY_REVEAL = ['api/value-wire.ts', 'write-value.ts'];

describe('a value', () => {
  it('is opened only where it is written out', async () => {
    // The declaration itself is in api/secret-value.ts.
    expect(await usersIn('operator')).to.deep.equal(['api/secret-value.ts', ...MAY_REVEAL]);
  });

  it('is opened by the command only where somebody asked for it', async () => {
    expect(await usersIn('cli')).to.deep.equal(COMMAND_MAY_REVEAL);
  });
});

/** What runs in a browser imports nothing of ours, so no SecretValue: it has its own operation of that name. */
const BROWSER = join('console', 'app');

/** Also `value['reveal']`, `{ reveal }` and a method passed on. */
async function usersIn(room: string): Promise<string[]> {
  const folder = join(ROOT, room);
  const all = await readdir(folder, { recursive: true });
  const files = all.filter((file) => file.endsWith('.ts') && !file.startsWith(BROWSER));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return files.filter((_, at) => /\breveal\b/.test(texts[at]!.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, ''))).sort();
}
