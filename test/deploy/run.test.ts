import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { run } from '../../deploy/local/run.ts';

describe('a program that is run', () => {
  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    const start = Date.now();
    await work();
    return (Date.now() - start) / 1000;
  };
  const failure = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'none',
      (error: unknown) => (error as Error).message,
    );

  it('takes no longer than it may, whoever else holds its output', async () => {
    const taken = await seconds(async () => {
      const slow = run('sh', ['-c', 'echo before >&2; sleep 8; true'], { timeoutMs: 500 });
      expect(await failure(slow)).to.equal('sh: took longer than 0.5 s\nbefore');
    });
    expect(taken).to.be.below(4);
  });

  it('has ended when it has, not when what it left behind does', async () => {
    const taken = await seconds(async () => {
      expect(await run('sh', ['-c', 'sleep 8 & echo out'])).to.equal('out\n');
    });
    expect(taken).to.be.below(4);
  });

  it('loses nothing of its output to a process that is busy elsewhere when it ends', async () => {
    const output = run('sh', ['-c', 'head -c 60000 /dev/zero | tr "\\0" x']);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const end = Date.now() + 2000;
    while (Date.now() < end);
    expect((await output).length).to.equal(60_000);
  });

  it('reads a file that is opened for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'run-test-'));
    const inputFile = join(folder, 'input');
    try {
      await writeFile(inputFile, 'content');
      expect(await run('cat', ['-'], { inputFile, cwd: '/' })).to.equal('content');
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(await failure(run('cat', ['-'], { inputFile }))).to.contain('ENOENT');
  });
});
