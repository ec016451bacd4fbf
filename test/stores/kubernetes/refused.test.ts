import { expect } from 'chai';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { eventually } from '../../doubles/eventually.ts';
import { failureOf, seenOf } from '../../support/failure.ts';
import { key } from '../../support/keys.ts';
import { SECRETS, SecretsWorld } from './world.ts';

describe('the store in Kubernetes Secrets, when it may not read them', () => {
  const { signal } = new AbortController();
  const world = new SecretsWorld();

  beforeEach(() => world.start());
  afterEach(() => world.stop());

  it('says so, and recovers by itself', async () => {
    world.put('keep', { A: '1' });
    world.api.faults.push({ code: 403 });
    const store = world.open();
    expect(await failureOf(store.readMany([key('A')], signal))).to.include({ code: 'AuthenticationFailed' });
    expect(await failureOf(store.check(signal))).to.include({ code: 'AuthenticationFailed' });
    world.api.faults.length = 0;
    expect((await store.readMany([key('A')], signal)).size).to.equal(1);
    await store.close();
    await eventually(() => world.api.watchers === 0);
  });

  it('tells a change once, however often its watch failed before', async () => {
    world.put('keep', { A: '1' });
    world.api.faults.push({ code: 403 });
    const store = world.open();
    let calls = 0;
    for (let i = 0; i < 5; i += 1) await failureOf(store.watch(() => calls++, signal));
    world.api.faults.length = 0;
    await store.watch(() => calls++, signal);
    calls = 0;
    world.put('keep', { A: '2' });
    await eventually(() => calls > 0);
    expect(calls).to.equal(1);
    await store.close();
  });

  it('forgets what went while nobody could follow', async () => {
    world.put('keep', { A: '1' });
    world.api.faults.push({ path: /labelSelector/, code: 403 });
    const store = world.open();
    await failureOf(store.readMany([key('A')], signal));
    world.api.store.delete(SECRETS, 'iomete-system', 'keep');
    world.api.faults.length = 0;
    expect((await store.readMany([key('A')], signal)).size).to.equal(0);
    await store.close();
  });

  it('does not outlive its store', async () => {
    const store = world.open();
    const reading = failureOf(store.readMany([key('A')], signal));
    await store.close();
    await reading;
    await eventually(() => world.api.watchers === 0);
    await store.close();
  });

  it('does not wait for a server that hangs once the caller gave up', async () => {
    world.api.faults.push({ act: 'hang' });
    const store = world.open();
    const error = await failureOf(store.readMany([key('A')], AbortSignal.timeout(50)));
    expect(error).to.have.property('name', 'TimeoutError');
    await store.close();
  });

  it('repeats nothing that the server answered', async () => {
    world.put('keep', { A: 'hunter2' });
    const store = world.open();
    await store.check(signal);
    const body = { kind: 'Status', reason: 'Invalid', message: 'Invalid value: "hunter2"', code: 422 };
    world.api.faults.push({ method: 'PUT', code: 422, body });
    const error = await failureOf(store.write(key('A'), SecretValue.fromText('hunter2-new'), { signal }));
    expect(error).to.include({ code: 'StoreUnreachable' });
    expect(seenOf(error)).not.to.include('hunter2');
    await store.close();
  });
});
