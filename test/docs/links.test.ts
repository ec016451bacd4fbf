import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = ['*.md', 'docs/**/*.md', 'examples/**/*.md', 'deploy/**/*.md', 'sdk/**/*.md', 'test/**/*.md'];

describe('the links of the documentation', () => {
  it('lead to files that are there', async () => {
    const broken: string[] = [];
    for await (const page of glob(PAGES, { cwd: ROOT, exclude: ['**/node_modules/**'] })) {
      const text = await readFile(join(ROOT, page), 'utf8');
      const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
      const local = targets.filter((target) => !/^[a-z]+:/.test(target));
      broken.push(
        ...local.filter((target) => !existsSync(join(ROOT, dirname(page), target))).map((to) => `${page} → ${to}`),
      );
    }
    expect(broken).to.deep.equal([]);
  });

  it('name every page of docs in the README', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    for await (const page of glob('docs/*.md', { cwd: ROOT })) expect(readme).to.contain(`(${page})`);
  });
});
