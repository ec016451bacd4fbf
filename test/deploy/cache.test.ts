import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { cached, cachedWhileUsed, cacheFolder, lockFile } from '../../deploy/local/cache.ts';
import { withLock } from '../../deploy/local/lock.ts';

const key = '0123456789ab';

describe('the cache', () => {
  const before = process.env['SPARK_SECRETS_CACHE'];
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cache-test-'));
    process.env['SPARK_SECRETS_CACHE'] = root;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['SPARK_SECRETS_CACHE'];
    else process.env['SPARK_SECRETS_CACHE'] = before;
    await rm(root, { recursive: true, force: true, maxRetries: 10 });
  });

  const folder = async (name: string): Promise<void> => {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'file'), '');
  };
  const old = async (name: string): Promise<void> => {
    await folder(name);
    await utimes(join(root, name), 0, 0);
  };

  it('is the folder that the environment says, from wherever a program looks at it', () => {
    expect(cacheFolder({ SPARK_SECRETS_CACHE: 'c' })).to.equal(join(process.cwd(), 'c'));
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).to.equal('/x/spark-secrets-operator');
  });

  it('removes what a killed process left of a kind, and leaves what others make of kinds with longer names', async () => {
    const others = ['.unfinished-layer-spark-scripts-01234567', '.unfinished-layer-spark-3.5-01234567'];
    for (const name of ['.unfinished-layer-spark-01234567', ...others]) await folder(name);
    await cached('layer-spark', key, made);
    expect((await readdir(root)).sort()).to.deep.equal([...others, `layer-spark-${key}`, 'locks'].sort());
  });

  it('removes it also while a process that outlived its starter still writes there', async () => {
    const left = join(root, '.unfinished-go-01234567');
    const fill = 'i=0; while [ $i -lt 800 ] && mkdir "$0/$i"; do : > "$0/$i/f"; i=$((i+1)); done';
    await mkdir(left);
    const writer = spawn('sh', ['-c', fill, left], { stdio: 'ignore' });
    const ended = once(writer, 'exit');
    while ((await readdir(left)).length < 100) await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      await cached('go', key, made);
    } finally {
      writer.kill();
      await ended;
    }
  });

  it('removes entries of the kind that nobody used for a day, and no others', async () => {
    for (const name of ['image-a-aaaaaaaaaaaa', 'image-a-3.5-aaaaaaaaaaaa']) await old(name);
    await folder('image-a-bbbbbbbbbbbb');
    await cachedWhileUsed('image-a', key, made);
    const kept = ['image-a-3.5-aaaaaaaaaaaa', 'image-a-bbbbbbbbbbbb', `image-a-${key}`, 'locks'];
    expect((await readdir(root)).sort()).to.deep.equal(kept.sort());
  });

  it('removes them in its turn: nobody is making or asking for one then', async () => {
    await cached('image-a', key, made);
    await old('image-a-aaaaaaaaaaaa');
    let removal: Promise<string> | undefined;
    await withLock(lockFile('image-a'), async () => {
      removal = cachedWhileUsed('image-a', key, made);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(existsSync(join(root, 'image-a-aaaaaaaaaaaa', 'file'))).to.equal(true);
    });
    await removal;
    expect(existsSync(join(root, 'image-a-aaaaaaaaaaaa'))).to.equal(false);
  });
});

describe('a lock', () => {
  it('says that its file cannot be opened, rather than that somebody holds it', async () => {
    const error = await withLock('/proc/self/no-such-file', made).catch((cause: unknown) => cause as Error);
    expect((error as Error).message).to.match(/^cannot lock .*: its holder ended with \d+$/);
  });
});

function made(): Promise<void> {
  return Promise.resolve();
}
