import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands.ts';
import { EXIT } from '../../cli/problem.ts';

describe('docs/cli.md', () => {
  it('tells of every command, exit code and variable', async () => {
    const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'cli.md'), 'utf8');
    for (const { name, options } of COMMANDS) {
      expect(text).to.match(new RegExp(`\`${name}\\b`));
      for (const { env } of Object.values(options)) if (env !== undefined) expect(text).to.contain(`\`${env}\``);
    }
    for (const code of Object.values(EXIT)) expect(text).to.contain(`\n| ${code} | `);
  });
});
