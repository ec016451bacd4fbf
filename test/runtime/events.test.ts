import { expect } from 'chai';
import { EventRecorder, type EventSubject } from '../../operator/runtime/events.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { ApiServer } from '../doubles/api-server.ts';

const MINUTE = 60_000;

describe('event recorder', () => {
  const subject: EventSubject = {
    apiVersion: 'demo.io/v1',
    kind: 'Thing',
    namespace: 'one',
    name: 'orders',
    uid: 'u1',
  };
  let api: ApiServer;
  let connection: KubeConnection;
  let now: number;
  let events: Record<string, unknown>[];
  let errors: unknown[];
  let recorder: EventRecorder;

  beforeEach(async () => {
    [now, events, errors] = [0, [], []];
    api = new ApiServer();
    api.store.onEvent = (_, __, object) => events.push(object);
    await api.start();
    connection = new KubeConnection(api.kubeConfig());
    recorder = new EventRecorder({
      client: new HttpKubeClient(connection),
      component: 'operator',
      instance: 'operator-0',
      onError: (error) => errors.push(error),
      now: () => now,
    });
  });
  afterEach(async () => {
    await connection.close();
    await api.stop();
  });

  it('writes an event that kubectl describe finds and shows', async () => {
    recorder.record(subject, 'Warning', 'KeyNotFound', 'key a/b is not in store default');
    await recorder.flush();
    expect(events).to.have.length(1);
    expect(events[0]).to.deep.include({
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: subject,
      type: 'Warning',
      reason: 'KeyNotFound',
      message: 'key a/b is not in store default',
      source: { component: 'operator' },
      count: 1,
    });
    expect(events[0]?.['firstTimestamp']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('keeps events of cluster-wide objects in default', async () => {
    recorder.record({ ...subject, namespace: '' }, 'Normal', 'Ready', 'fine');
    await recorder.flush();
    expect(api.count(/^POST \/api\/v1\/namespaces\/default\/events/)).to.equal(1);
  });

  it('says the same once in ten minutes', async () => {
    for (const at of [0, 1, 9 * MINUTE, 10 * MINUTE]) {
      now = at;
      recorder.record(subject, 'Normal', 'Ready', 'fine');
    }
    await recorder.flush();
    expect(events).to.have.length(2);
  });

  it('says the same about another object, and other words about the same', async () => {
    recorder.record(subject, 'Normal', 'Ready', 'fine');
    recorder.record({ ...subject, uid: 'u2' }, 'Normal', 'Ready', 'fine');
    recorder.record(subject, 'Normal', 'Ready', 'still fine');
    await recorder.flush();
    expect(events).to.have.length(3);
  });

  it('drops a flood, and goes on after it', async () => {
    for (let i = 0; i < 500; i++) recorder.record(subject, 'Normal', 'Ready', `number ${i}`);
    await recorder.flush();
    expect(events).to.have.length(25);
    now = 3_000;
    for (let i = 0; i < 500; i++) recorder.record(subject, 'Normal', 'Ready', `again ${i}`);
    await recorder.flush();
    expect(events).to.have.length(28);
  });

  it('reports a failure, never throws, and tries the same words again', async () => {
    api.faults.push({ code: 403, times: 1 });
    recorder.record(subject, 'Normal', 'Ready', 'fine');
    await recorder.flush();
    expect(errors).to.have.length(1);
    recorder.record(subject, 'Normal', 'Ready', 'fine');
    await recorder.flush();
    expect(events).to.have.length(1);
  });

  it('drops what is under way on stop, and is silent about it', async () => {
    api.faults.push({ act: 'hang' });
    recorder.record(subject, 'Normal', 'Ready', 'fine');
    recorder.stop();
    await recorder.flush();
    expect(errors).to.deep.equal([]);
  });

  describe('of what is written once', () => {
    const { signal } = new AbortController();
    const once = { type: 'Warning', reason: 'Missed', message: 'too late', occasion: 'first' } as const;
    /** As another process. */
    const other = () =>
      new EventRecorder({ client: new HttpKubeClient(connection), component: 'operator', instance: 'operator-1' });

    it('says whether it is the first to tell, also after another process', async () => {
      expect(await recorder.recordOnce(subject, once, signal)).to.equal(true);
      expect(await recorder.recordOnce(subject, once, signal)).to.equal(false);
      expect(await other().recordOnce(subject, { ...once, message: 'in other words' }, signal)).to.equal(false);
      expect(events).to.have.length(1);
      expect(events[0]).to.deep.include({ involvedObject: subject, reason: 'Missed', message: 'too late', count: 1 });
    });

    it('tells apart occasions, reasons, and objects of one name', async () => {
      const asks = [
        recorder.recordOnce(subject, once, signal),
        recorder.recordOnce(subject, { ...once, occasion: 'second' }, signal),
        recorder.recordOnce(subject, { ...once, reason: 'Lost' }, signal),
        recorder.recordOnce({ ...subject, kind: 'Other', uid: 'u2' }, once, signal),
      ];
      expect(await Promise.all(asks)).to.deep.equal([true, true, true, true]);
    });

    it('throws when it could not be written', async () => {
      api.faults.push({ code: 403, times: 1 });
      const error = await recorder.recordOnce(subject, once, signal).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: 403 });
    });

    it('has a name that the server takes, however the name of its object is cut', async () => {
      await recorder.recordOnce({ ...subject, name: `${'n'.repeat(199)}-${'m'.repeat(40)}` }, once, signal);
      expect((events[0]?.['metadata'] as { name: string }).name).to.match(/^n{199}\.[0-9a-f]{16}$/);
    });
  });

  it('cuts what the server would refuse', async () => {
    recorder.record({ ...subject, name: 'n'.repeat(253) }, 'Normal', 'Ready', 'x'.repeat(5_000));
    await recorder.flush();
    expect(String(events[0]?.['message'])).to.have.length(1_024);
    expect((events[0]?.['metadata'] as { name: string }).name.length).to.be.below(253);
  });
});
