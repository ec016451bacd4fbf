import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eachInCliWorld, type CliWorld } from '../cli-world.ts';

const folder = join(import.meta.dirname, '..');
const bin = join(folder, '..', '..', 'cli', 'spark-secrets.mjs');
const SECRET = "pässwörd 'x' 🔑";

describe('a person at a terminal', function () {
  this.timeout(30_000);
  let world: CliWorld;
  eachInCliWorld((made) => (world = made));

  async function talk(
    args: readonly string[],
    dialogue: readonly (readonly [string, string])[] = [],
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ shown: string; code: number }> {
    const env = { PATH: process.env['PATH'], TERM: 'xterm', SPARK_SECRETS_TOKEN: 'owner', ...world.env, ...more };
    const command = [process.execPath, bin, ...args];
    const all = [join(folder, 'in_terminal.py'), JSON.stringify(dialogue), ...command];
    const { stdout } = await promisify(execFile)('python3', all, { env, timeout: 25_000 });
    return JSON.parse(stdout) as { shown: string; code: number };
  }

  it('is asked for a value twice, and sees neither', async () => {
    const { shown, code } = await talk(
      ['set', 'orders/NEW'],
      [
        ['not shown): ', `${SECRET}X\u007f\r`],
        ['again: ', `${SECRET}\r`],
      ],
    );
    expect(code, shown).to.equal(0);
    expect(shown).to.match(/^Value of orders\/NEW \(it is not shown\): \r\nThe same again: \r\norders\/NEW created/);
    expect(shown).not.to.contain('pässwörd');
    expect((await world.run(['get', 'orders/NEW'])).out).to.equal(SECRET);
    const pasted = await talk(['set', 'orders/PASTED'], [['not shown): ', `${SECRET}\r${SECRET}\r`]]);
    expect([pasted.code, pasted.shown.includes('pässwörd')]).to.deep.equal([0, false]);
  });

  it('may mistype, or think better of it', async () => {
    const mistyped = await talk(
      ['set', 'orders/NEW'],
      [
        ['not shown): ', 'one\r'],
        ['again: ', 'two\r'],
      ],
    );
    expect(mistyped.code).to.equal(1);
    expect(mistyped.shown).to.contain('they are not the same: nothing was written');
    const stopped = await talk(['set', 'orders/NEW'], [['not shown): ', 'half\u0003']]);
    expect(stopped.code).to.equal(130);
    expect((await world.run(['get', 'orders/NEW'])).code).to.equal(4);
  });
});
