import { expect } from 'chai';
import { mistakesOf, PROGRAMS } from './commands/check.ts';
import { pages } from './commands/pages.ts';

describe('the commands of the documentation', function () {
  this.timeout(300_000); // helm, kubectl, OpenBao and PostgreSQL may have to be fetched first

  for (const page of pages().filter((each) => each.scripts(PROGRAMS).length > 0))
    it(`${page.path}: every program, option, file and property is there`, async () => {
      expect((await mistakesOf(page)).join('\n')).to.equal('');
    });
});
