import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryStore } from '../../operator/stores/memory/driver.ts';
import { eachInCliWorld, type CliWorld } from './cli-world.ts';

const bin = join(import.meta.dirname, '..', '..', 'cli', 'spark-secrets.mjs');

describe('the command as a process', function () {
  this.timeout(30_000);
  let world: CliWorld;
  eachInCliWorld((made) => (world = made), { perSecond: 20, burst: 40 });

  function start(...args: string[]): ChildProcess {
    const env = { PATH: process.env['PATH'], ...world.env, SPARK_SECRETS_TOKEN: 'owner' };
    return spawn(process.execPath, [bin, ...args], { env, timeout: 25_000 });
  }

  async function exitOf(child: ChildProcess): Promise<unknown> {
    const [code] = (await once(child, 'exit')) as unknown[];
    return code;
  }

  it('reads and writes bytes, and nothing else', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 256));
    const writer = start('set', 'orders/BIN');
    writer.stdin!.end(bytes);
    expect(await text(writer.stdout!)).to.match(/^orders\/BIN created/);
    const reader = start('get', 'orders/BIN');
    const [out, err] = await Promise.all([buffer(reader.stdout!), text(reader.stderr!)]);
    expect([out.equals(bytes), err]).to.deep.equal([true, '']);
  });

  it('is quiet when nobody reads on', async () => {
    for (let at = 0; at < 2_000; at += 1) await world.api.put(`many/KEY_WITH_A_LONG_NAME_${at}_${'x'.repeat(60)}`, 'x');
    const child = start('list', 'many');
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    const [errors, code] = await Promise.all([text(child.stderr!), exitOf(child)]);
    expect([code, errors]).to.deep.equal([0, '']);
  });

  it('says how far it came when it is interrupted', async () => {
    world.api.addStore('platform', 'vault');
    world.api.otherValues.set('vault', new MemoryStore());
    for (let at = 0; at < 200; at += 1) await world.api.put(`many/K${at}`, 'x');
    const child = start('copy', 'platform/default', 'platform/vault', '-g', 'many', '-ojson');
    while (world.api.audited.length < 20) await sleep(20);
    child.kill('SIGINT');
    const [out, code] = await Promise.all([text(child.stdout!), exitOf(child)]);
    const { counts, notBegun } = JSON.parse(out) as { counts: { created: number; failed: number }; notBegun: number };
    expect([code, counts.failed]).to.deep.equal([130, 0]);
    expect(counts.created).to.be.above(5);
    expect(counts.created + notBegun).to.equal(200);
  });
});
