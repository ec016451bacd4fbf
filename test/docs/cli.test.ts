import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands.ts';
import { parse } from '../../cli/parse.ts';
import { EXIT } from '../../cli/problem.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const textOf = (page: string): Promise<string> => readFile(join(docs, page), 'utf8');
/** Pages with command lines, and how many there are at least. */
const PAGES = { 'cli.md': 30, 'migration.md': 8, 'backup.md': 1 };

for (const [page, least] of Object.entries(PAGES))
  it(`docs/${page} shows command lines that the command understands`, async () => {
    const all = (await textOf(page)).split('\n').map((line) => line.trim());
    const lines = all.filter((line) => /^spark-secrets [a-z]/.test(line));
    expect(lines.length).to.be.above(least);
    for (const line of lines) {
      // To the pipe, or the file; a word in single quotes is empty.
      const [command = ''] = line.split(/ [|<>] /);
      const [name, ...args] = command
        .split(' ')
        .slice(1)
        .map((word) => word.replaceAll("'", ''));
      const found = COMMANDS.find((each) => each.name === name);
      expect(found, line).to.not.equal(undefined);
      expect(() => parse(found!, args, {}), line).to.not.throw();
    }
  });

describe('docs/cli.md', () => {
  it('tells of every command, exit code and variable', async () => {
    const text = await textOf('cli.md');
    for (const { name, options } of COMMANDS) {
      expect(text).to.match(new RegExp(`\`${name}\\b`));
      for (const { env } of Object.values(options)) if (env !== undefined) expect(text).to.contain(`\`${env}\``);
    }
    for (const code of Object.values(EXIT)) expect(text).to.contain(`\n| ${code} | `);
  });
});
