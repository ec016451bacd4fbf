import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMMANDS } from '../../../cli/commands.ts';
import { run } from '../../../cli/program.ts';
import { silentIo } from '../silent-io.ts';

async function script(shell: string): Promise<string> {
  const io = silentIo();
  expect(await run(['completion', shell], io)).to.equal(0);
  return io.out();
}

describe('completion', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'completion-'));
    await writeFile(join(folder, 'bash'), await script('bash'));
    await writeFile(join(folder, 'job.yaml'), '');
  });
  after(() => rm(folder, { recursive: true }));

  /** What bash offers for the last of these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const line = `source ./bash
      COMP_WORDS=(spark-secrets "$@"); COMP_CWORD=$#
      _spark_secrets; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', line, 'bash', ...words], {
      cwd: folder,
      timeout: 30_000,
    });
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('of bash offers commands, options, their values, and files', async () => {
    expect(await offered('')).to.have.members([...COMMANDS.map(({ name }) => name), 'help']);
    expect(await offered('ver')).to.deep.equal(['versions']);
    expect(await offered('copy', '--d')).to.deep.equal(['--dry-run']);
    expect(await offered('list', '--output', '')).to.deep.equal(['table', 'json', 'yaml']);
    expect(await offered('list', '-o', 'j')).to.deep.equal(['json']);
    expect(await offered('explain', '-f', 'job')).to.deep.equal(['job.yaml']);
    expect(await offered('import', 'job')).to.deep.equal(['job.yaml']);
    expect(await offered('list', '--consumer', '')).to.deep.equal([]);
    expect(await offered('completion', '')).to.include.members(['bash', 'zsh', 'fish']);
    expect(await offered('help', 'sto')).to.deep.equal(['stores']);
  });

  for (const shell of ['zsh', 'fish'])
    it(`of ${shell} has every command and option, in quotes that are closed`, async () => {
      const text = await script(shell);
      for (const { name, options } of COMMANDS) {
        expect(text).to.match(new RegExp(`\\b${name}\\b`));
        for (const option of Object.keys(options))
          expect(text).to.contain(shell === 'fish' ? `-l ${option}` : `--${option}[`);
      }
      // Both quote as a POSIX shell does, as long as a quote is written '\'' or \'.
      const quotes = text.replaceAll("'\\''", '').replaceAll("\\'", '').match(/'/g) ?? [];
      expect(quotes.length % 2).to.equal(0);
    });
});
