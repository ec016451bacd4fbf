import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { parse } from 'yaml';
import { SecretValue } from '../../operator/api/secret-value.ts';
import type { KeyPair } from '../../operator/webhook/certificates.ts';
import { eventually } from '../doubles/eventually.ts';
import { CANARY, eachInOrdersWorld, type ApiWorld } from '../http/api-world.ts';
import { key } from '../support/keys.ts';
import { Pod } from './pod.ts';
import { PythonProbe } from './python-probe.ts';

const KEY = 'orders/DB_PASSWORD';
const VALUE = `${CANARY}-1`;
const LABELS = { 'spark-role': 'driver', team: 'orders' };

describe('the Python SDK, by the API', function () {
  this.timeout(20_000);
  let world: ApiWorld;
  let authority: KeyPair;
  let pod: Pod;
  let python: PythonProbe;

  eachInOrdersWorld((made, signer) => {
    world = made;
    authority = signer;
    world.addPod('analytics', 'etl-driver', { labels: LABELS });
    world.addPod('analytics', 'etl-exec-1', {
      labels: { 'spark-role': 'executor' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'etl-driver', uid: 'uid-of-etl-driver' }],
    });
  });
  before(() => {
    python = new PythonProbe();
  });
  after(() => python.end());
  beforeEach(async () => {
    pod = await Pod.make();
    pod.reach(`https://127.0.0.1:${world.port}`, authority.cert);
    await pod.useToken('etl-driver');
  });
  afterEach(async () => {
    // Its watches end with it.
    await python.call('leave');
    await pod.remove();
  });

  function reads(): number {
    return world.audited.filter(({ operation }) => operation === 'readOwnValue').length;
  }

  async function put(value: string): Promise<void> {
    await world.put(KEY, `${CANARY}-${value}`);
  }

  it('gives a driver and an executor what their binding covers, as text and as bytes', async () => {
    world.addBinding('analytics', 'orders', { references: [{ group: 'orders' }] });
    const { signal } = new AbortController();
    const bytes = Buffer.from('ff00fe', 'hex');
    await world.values.write(key('orders/BINARY'), SecretValue.fromBytes(bytes), { signal });
    for (const token of ['etl-driver', 'etl-exec-1']) {
      await pod.useToken(token);
      await python.enter(pod);
      expect(await python.get(KEY)).to.deep.equal({ value: VALUE });
      expect(await python.call('where', { key: KEY })).to.deep.equal({ value: 'the API' });
      expect(await python.call('get_bytes', { key: 'orders/BINARY' })).to.deep.equal({ value: 'ff00fe' });
      expect(await python.get('orders/BINARY')).to.include({ error: 'NotText' });
    }
  });

  it('asks once for many threads, and reads the token for each request', async () => {
    world.addBinding('analytics', 'orders', { references: [{ group: 'orders' }] });
    await python.enter(pod);
    expect(await python.call('many', { count: 100, key: KEY })).to.deep.equal({ value: 1 });
    expect(reads()).to.equal(1);
    await pod.useToken('renewed');
    expect(await python.get('orders/OTHER')).to.include({ error: 'BadConfiguration' });
    expect(await python.get(KEY)).to.deep.equal({ value: VALUE });
  });

  it('says which binding is missing, with YAML that may be applied', async () => {
    await python.enter(pod);
    const { error, code, message = '' } = await python.get(KEY);
    expect([error, code]).to.deep.equal(['NoBinding', 'NoBinding']);
    expect(message).to.contain('no SparkJobSecretBinding of namespace analytics selects pod etl-driver');
    const { kind, spec } = parse(message.slice(message.indexOf('apiVersion:'))) as { kind: string; spec: object };
    expect(kind).to.equal('SparkJobSecretBinding');
    expect(spec)
      .to.have.property('references')
      .that.deep.equals([{ key: KEY }]);
    expect(await python.get(KEY, { default: 'd' })).to.deep.equal({ value: 'd' });

    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: 'orders/OTHER' }] });
    expect((await python.get(KEY)).message).to.contain(
      'is selected by orders, which does not cover orders/DB_PASSWORD',
    );
    expect(await python.get('orders/OTHER')).to.include({ error: 'SecretNotFound', code: 'KeyNotFound' });
  });

  it('returns no default for what can not be had for another reason', async () => {
    world.addBinding('analytics', 'orders', { references: [{ key: 'sales/TOKEN' }, { key: KEY }] });
    await python.enter(pod);
    expect(await python.get('sales/TOKEN', { default: 'd' })).to.include({
      error: 'KeyNotGranted',
      code: 'KeyNotGranted',
    });
    await pod.useToken('owner');
    expect(await python.get(KEY, { default: 'd' })).to.include({ error: 'BadConfiguration', code: 'NoPod' });
    await pod.useToken(`${CANARY} two words`);
    expect(await python.get(KEY, { default: 'd' })).to.include({ error: 'BadConfiguration' });
    await pod.remove();
    const { error, message } = await python.get(KEY, { default: 'd' });
    expect(error).to.equal('BadConfiguration');
    expect(message).to.contain('automountServiceAccountToken');
    pod = await Pod.make();
  });

  it('asks which binding is meant when stores differ, also of what the pod has itself', async () => {
    world.addStore('analytics', 'own');
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    world.addBinding('analytics', 'own', { storeRef: { name: 'own' }, env: [{ name: 'B', key: KEY }] });
    pod.give('orders', `${KEY} env A`);
    pod.give('own', `${KEY} env B`);
    Object.assign(pod.environ, { A: 'of orders', B: 'of own' });
    await python.enter(pod);
    expect(await python.get(KEY)).to.include({ error: 'Conflict', code: 'Conflict' });
    expect(await python.get(KEY, { binding: 'own' })).to.deep.equal({ value: 'of own' });
    expect(await python.get(KEY, { binding: 'orders' })).to.deep.equal({ value: 'of orders' });
    expect(reads()).to.equal(1);
    delete pod.environ['A'];
    delete pod.environ['B'];
    await python.enter(pod);
    expect(await python.get(KEY)).to.include({ error: 'Conflict' });
    expect(await python.get(KEY, { binding: 'own' })).to.deep.equal({ value: VALUE });
  });

  it('takes the value of the API while bindings of one store differ', async () => {
    world.addBinding('analytics', 'first', { env: [{ name: 'A', key: KEY }] });
    world.addBinding('analytics', 'second', { env: [{ name: 'B', key: KEY }] });
    pod.give('first', `${KEY} env A`);
    pod.give('second', `${KEY} env B`);
    Object.assign(pod.environ, { A: 'old', B: VALUE });
    await python.enter(pod);
    expect(await python.get(KEY)).to.deep.equal({ value: VALUE });
  });

  it('keeps what it had while the operator is away', async () => {
    world.addBinding('analytics', 'orders', { references: [{ key: KEY }] });
    await python.enter(pod, { cache_seconds: 0, timeout: 2 });
    expect(await python.get(KEY)).to.deep.equal({ value: VALUE });
    const { port } = world;
    await world.stop();
    // Held, or the server of a test that runs beside this one gets the port, and answers.
    const nobody = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
    await once(nobody, 'listening');
    try {
      expect(await python.get(KEY)).to.deep.equal({ value: VALUE });
      expect(python.log).to.contain(`${KEY} stays as it was`);
      expect(await python.get('orders/OTHER')).to.include({ error: 'Unavailable' });
    } finally {
      nobody.close();
    }
  });

  it('tells a change of a key that only the API has', async () => {
    world.addBinding('analytics', 'orders', { references: [{ key: KEY }] });
    await python.enter(pod);
    expect(await python.call('watch', { key: KEY, interval: 0.05 })).to.deep.equal({ value: null });
    await put('new');
    await eventually(() => expect(python.changes).to.deep.equal([`${CANARY}-new`]));
    expect(await python.get(KEY)).to.deep.equal({ value: `${CANARY}-new` });
    world.bindings.pop();
    await eventually(() => expect(python.log).to.contain(`whether ${KEY} changed can not be seen`));
    world.addBinding('analytics', 'orders', { references: [{ key: KEY }] });
    await put('newest');
    await eventually(() => expect(python.changes).to.deep.equal([`${CANARY}-new`, `${CANARY}-newest`]));
  });

  it('tells a change of a variable, and gives the newer value from then on', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    pod.give('orders', `${KEY} env A`);
    pod.environ['A'] = VALUE;
    await python.enter(pod);
    await put('new');
    expect(await python.get(KEY)).to.deep.equal({ value: VALUE });
    // Looks at once: the variable may have been old before.
    expect(await python.call('watch', { key: KEY })).to.deep.equal({ value: null });
    await eventually(() => expect(python.changes).to.deep.equal([`${CANARY}-new`]));
    expect(await python.get(KEY)).to.deep.equal({ value: `${CANARY}-new` });
    expect(await python.call('where', { key: KEY })).to.deep.equal({ value: 'the API' });
    world.bindings.pop();
    expect(await python.get(KEY)).to.deep.equal({ value: `${CANARY}-new` });
  });

  it('asks for a variable that a watch saw a newer value of, once nobody watches it any more', async () => {
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    pod.give('orders', `${KEY} env A`);
    pod.environ['A'] = VALUE;
    await put('new');
    await python.enter(pod, { cache_seconds: 0 });
    expect(await python.call('watch', { key: KEY })).to.deep.equal({ value: null });
    await eventually(() => expect(python.changes).to.deep.equal([`${CANARY}-new`]));
    const before = reads();
    expect(await python.get(KEY)).to.deep.equal({ value: `${CANARY}-new` });
    expect(reads()).to.equal(before);
    await python.call('leave');
    await put('newest');
    expect(await python.get(KEY)).to.deep.equal({ value: `${CANARY}-newest` });
    expect(await python.call('where', { key: KEY })).to.deep.equal({ value: 'the API' });
  });
});
