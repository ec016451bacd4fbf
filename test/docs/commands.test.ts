import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mistakesOf, PROGRAMS } from './commands/check.ts';
import { pages, ROOT } from './commands/pages.ts';

describe('the commands of the documentation', function () {
  this.timeout(300_000); // helm, kubectl, OpenBao and PostgreSQL may have to be fetched first

  for (const page of pages().filter((each) => each.scripts(PROGRAMS).length > 0))
    it(`${page.path}: every program, option, file and property is there`, async () => {
      expect((await mistakesOf(page)).join('\n')).to.equal('');
    });

  it('name the image by the version that there is', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const named = pages().flatMap(({ path, text }) =>
      [...text.matchAll(/spark-secrets-operator:(\d+\.\d+\.\d+)/g)].map(([, other]) => ({ path, version: other })),
    );
    expect(named.filter((each) => each.version !== version)).to.deep.equal([]);
    expect(named).to.have.length.above(3);
  });
});
