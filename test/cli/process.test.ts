import { expect } from 'chai';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { buffer, text } from 'node:stream/consumers';
import { eachInCliWorld, type CliWorld } from './cli-world.ts';
import { endOf, spawnInShell, startCommand } from './process.ts';

describe('the command as a process', function () {
  this.timeout(30_000);
  let world: CliWorld;
  eachInCliWorld((made) => (world = made), { perSecond: 20, burst: 40 });

  it('reads and writes bytes, and nothing else', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 256));
    const writer = startCommand(world, 'set', 'orders/BIN');
    writer.stdin!.end(bytes);
    expect(await text(writer.stdout!)).to.match(/^orders\/BIN created/);
    const reader = startCommand(world, 'get', 'orders/BIN');
    const [out, err] = await Promise.all([buffer(reader.stdout!), text(reader.stderr!)]);
    expect([out.equals(bytes), err]).to.deep.equal([true, '']);
  });

  it('is quiet when nobody reads on', async () => {
    for (let at = 0; at < 2_000; at += 1) await world.api.put(`many/KEY_WITH_A_LONG_NAME_${at}_${'x'.repeat(60)}`, 'x');
    const child = startCommand(world, 'list', 'many');
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    const [err, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit') as Promise<unknown[]>]);
    expect([code, err]).to.deep.equal([0, '']);
  });

  it('says so when its output can not be written, and ends with 1', async () => {
    const into = (target: string, ...args: readonly string[]) =>
      endOf(spawnInShell(world, `trap '' XFSZ; ulimit -f 8; "$@" > ${target}`, ...args));
    const says = (code: string) => [1, `spark-secrets: standard output can't be written (${code})\n`];
    await world.api.put('orders/BIG', 'x'.repeat(100_000));
    for (const args of [
      ['get', 'ROOT'],
      ['list', '-o', 'json'],
      ['export', '-f', '-', '--format', 'json'],
    ]) {
      const { code, err } = await into('/dev/full', ...args);
      expect([code, err], args[0]).to.deep.equal(says('ENOSPC'));
    }
    // There is room for a part.
    const { code, err } = await into(world.path('part'), 'get', 'orders/BIG');
    expect([code, err]).to.deep.equal(says('EFBIG'));
  });

  it('appends to a file, and leaves all of it', async () => {
    const file = await world.file('all', 'before\n');
    await world.api.put('orders/BIG', 'x'.repeat(300_000));
    const { code } = await endOf(spawnInShell(world, `"$@" >> ${file}; "$@" >> ${file}`, 'get', 'orders/BIG'));
    expect(code).to.equal(0);
    expect(await readFile(file, 'utf8')).to.equal(`before\n${'x'.repeat(600_000)}`);
  });
});
