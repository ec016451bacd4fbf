import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { withLock } from '../../deploy/local/lock.ts';

describe('a lock across processes', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is held by one at a time, also when its holders remove the file', async () => {
    let holders = 0;
    let most = 0;
    const hold = (at: number): Promise<void> =>
      withLock(file, async () => {
        holders += 1;
        most = Math.max(most, holders);
        await sleep(30);
        if (at % 2 === 0) await rm(file);
        holders -= 1;
      });
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        await sleep(at * 15);
        await hold(at);
      }),
    );
    expect([most, holders]).to.deep.equal([1, 0]);
  });

  it('is given back when the work fails, and leaves no file that its holder removed', async () => {
    const failed = withLock(file, async () => {
      await rm(file);
      throw new Error('the work');
    });
    expect((await failed.catch((error: unknown) => error as Error)).message).to.equal('the work');
    expect(existsSync(file)).to.equal(false);
    expect(await withLock(file, () => Promise.resolve('again'))).to.equal('again');
  });
});
