import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands.ts';
import { parse } from '../../cli/parse.ts';
import { EXIT } from '../../cli/problem.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');

describe('docs/cli.md', () => {
  let text: string;
  before(async () => (text = await readFile(join(docs, 'cli.md'), 'utf8')));

  it('shows command lines that the command understands', () => {
    const lines = text.split('\n').filter((line) => /^spark-secrets [a-z]/.test(line));
    expect(lines.length).to.be.above(30);
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

  it('tells of every command, exit code and variable', () => {
    for (const { name, options } of COMMANDS) {
      expect(text).to.match(new RegExp(`\`${name}\\b`));
      for (const { env } of Object.values(options)) if (env !== undefined) expect(text).to.contain(`\`${env}\``);
    }
    for (const code of Object.values(EXIT)) expect(text).to.contain(`\n| ${code} | `);
  });
});
