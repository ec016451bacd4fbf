import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretValue } from '../../operator/api/secret-value.ts';
import type { SecretStore } from '../../operator/stores/store.ts';
import { group, key } from '../support/keys.ts';
import type { Contract } from './contract-options.ts';

const STOPPING = 'we are stopping';

/** Every operation of a store, to be ended by a signal. */
function calls(store: SecretStore): Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> {
  return {
    readMany: (signal) => store.readMany([key('a'), key('orders/b')], signal),
    write: (signal) => store.write(key('a'), SecretValue.fromText('2'), { signal }),
    remove: (signal) => store.remove(key('orders/b'), { signal }),
    list: (signal) => Array.fromAsync(store.list(group('orders'), signal)),
    check: (signal) => store.check(signal),
    ...(store.ping ? { ping: (signal: AbortSignal) => store.ping?.(signal) ?? Promise.resolve() } : {}),
  };
}

/** The part of the contract for calls that are given up, and for those that come too late; `current` as elsewhere. */
export function endingContract({ slow }: Contract, current: () => SecretStore): void {
  const { signal } = new AbortController();
  const prepared = async (): Promise<SecretStore> => {
    const store = current();
    await store.write(key('a'), SecretValue.fromText('1'), { signal });
    await store.write(key('orders/b'), SecretValue.fromText('1'), { signal });
    return store;
  };
  const textOf = async (where: string): Promise<string | undefined> => {
    const found = (await current().readMany([key(where)], signal)).get(key(where));
    return found && 'value' in found ? found.value.reveal().toString() : undefined;
  };

  it('settles soon after its signal is aborted in the middle, and goes on working', async () => {
    const store = await prepared();
    for (const [what, call] of Object.entries(calls(store))) {
      const abort = new AbortController();
      const settled = call(abort.signal).then(
        () => 'done',
        (error: unknown) => (error as Error).message,
      );
      await Promise.resolve();
      abort.abort(new Error(STOPPING));
      const how = await Promise.race([settled, sleep(2_000, 'still under way')]);
      expect(how, what).to.be.oneOf(['done', STOPPING]);
    }
    await store.write(key('a'), SecretValue.fromText('3'), { signal });
    expect(await textOf('a')).to.equal('3');
  });

  if (typeof slow === 'function')
    it('does not wait for a slow backend once its signal is aborted', async () => {
      const store = await prepared();
      await store.check(signal);
      slow(1_500);
      for (const [what, call] of Object.entries(calls(store))) {
        const abort = new AbortController();
        const startedAt = performance.now();
        const outcome = call(abort.signal).then(
          () => undefined,
          (error: unknown) => error,
        );
        await sleep(50);
        abort.abort(new Error(STOPPING));
        const error = await outcome;
        expect(performance.now() - startedAt, what).to.be.below(1_000);
        if (error !== undefined) expect(error, what).to.have.property('message', STOPPING);
      }
      slow(0);
      expect(await textOf('a')).to.be.oneOf(['1', '2']);
    }).timeout(30_000);

  it('closes twice', async () => {
    await current().readMany([key('a')], signal);
    await current().close();
    await current().close();
  });

  it('leaves nobody waiting who calls after it was closed', async () => {
    const store = await prepared();
    await store.close();
    for (const [what, call] of Object.entries(calls(store))) {
      const settled = call(signal).then(
        () => 'settled',
        () => 'settled',
      );
      expect(await Promise.race([settled, sleep(2_000, 'still waiting')]), what).to.equal('settled');
    }
  }).timeout(15_000);

  it('ends what is under way when it is closed', async () => {
    const store = await prepared();
    if (typeof slow === 'function') slow(1_500);
    const reading = store.readMany([key('a')], signal).then(
      () => 'settled',
      () => 'settled',
    );
    await store.close();
    expect(await Promise.race([reading, sleep(3_000, 'still waiting')])).to.equal('settled');
    if (typeof slow === 'function') slow(0);
  }).timeout(15_000);
}
