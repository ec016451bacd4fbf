import { expect } from 'chai';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePrivate } from '../../cli/private-file.ts';
import { failureOf } from '../support/failure.ts';

describe('a private file', () => {
  const { link } = fs;
  let folder: string;

  beforeEach(async () => {
    folder = await fs.mkdtemp(join(tmpdir(), 'private-'));
  });
  afterEach(async () => {
    linkBy(link);
    await fs.rm(folder, { recursive: true });
  });

  function linkBy(made: typeof link): void {
    fs.link = made;
    syncBuiltinESMExports();
  }

  for (const code of [undefined, 'EPERM', 'ENOTSUP']) {
    it(`is written whole, and over nothing that is there${code === undefined ? '' : `, where links give ${code}`}`, async () => {
      if (code !== undefined) linkBy(() => Promise.reject(Object.assign(new Error(code), { code })));
      const path = join(folder, 'x');
      await writePrivate(path, 'one', { replace: false });
      expect(await failureOf(writePrivate(path, 'two', { replace: false })))
        .to.have.property('message')
        .equal(`${path} is there already: --force replaces it`);
      expect(await fs.readFile(path, 'utf8')).to.equal('one');
      await writePrivate(path, 'three', { replace: true });
      expect([await fs.readFile(path, 'utf8'), (await fs.stat(path)).mode & 0o777]).to.deep.equal(['three', 0o600]);
      expect(await fs.readdir(folder)).to.deep.equal(['x']);
    });
  }

  it('is not made where another thing is wrong', async () => {
    linkBy(() => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })));
    const path = join(folder, 'x');
    expect(await failureOf(writePrivate(path, 'one', { replace: false })))
      .to.have.property('message')
      .equal(`${path} can't be written (ENOSPC)`);
    expect(await fs.readdir(folder)).to.deep.equal([]);
  });
});
