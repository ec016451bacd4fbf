import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = ['*.md', 'docs/**/*.md', 'examples/**/*.md', 'deploy/**/*.md', 'sdk/**/*.md', 'test/**/*.md'];

describe('the links of the documentation', () => {
  it('lead to files and headings that are there', async () => {
    const broken: string[] = [];
    for await (const page of glob(PAGES, { cwd: ROOT, exclude: ['**/node_modules/**'] })) {
      const text = await readFile(join(ROOT, page), 'utf8');
      const links = [...text.matchAll(/\]\(([^)#\s]*)(#[^)]*)?\)/g)].map(([, file = '', heading = '']) => ({
        file,
        heading,
      }));
      for (const { file, heading } of links.filter((link) => !/^[a-z]+:/.test(link.file)))
        if (!(await leads(file === '' ? page : join(dirname(page), file), heading)))
          broken.push(`${page} → ${file}${heading}`);
    }
    expect(broken).to.deep.equal([]);
  });

  it('name every page of docs in the README', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    for await (const page of glob('docs/*.md', { cwd: ROOT })) expect(readme).to.contain(`(${page})`);
  });
});

async function leads(target: string, heading: string): Promise<boolean> {
  if (!existsSync(join(ROOT, target))) return false;
  return heading === '' || (await headingsOf(target)).includes(heading.slice(1));
}

/** What a page's headings are called in an address: in small letters, without what is no letter, with - for blanks. */
async function headingsOf(page: string): Promise<string[]> {
  const text = (await readFile(join(ROOT, page), 'utf8')).replaceAll(/^```[^]*?^```$/gm, '');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
