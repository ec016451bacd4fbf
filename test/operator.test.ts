import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { SparkSecretsOperator, type WatchedKind } from '../operator/operator.ts';
import { Informer } from '../operator/runtime/informer.ts';
import { InformerGroup } from '../operator/runtime/informer-group.ts';
import { KubeConnection } from '../operator/runtime/kube-connection.ts';
import { ApiServer } from './doubles/api-server.ts';
import { eventually } from './doubles/eventually.ts';

const THINGS = '/apis/demo.io/v1/things';
const PODS = '/api/v1/pods';

describe('operator', () => {
  let api: ApiServer;
  let connection: KubeConnection;
  let events: string[];
  let logged: string[];
  let operator: SparkSecretsOperator;

  const kind = (group: string, plural: string, more: Partial<WatchedKind> = {}): WatchedKind => ({
    group,
    version: 'v1',
    plural,
    informer: new Informer({
      connection,
      kind: { group, version: 'v1', plural, kind: plural === 'pods' ? 'Pod' : 'Thing', namespaced: true },
      backoff: { baseMs: 10, maxMs: 20 },
    }),
    onEvent: ({ type, meta }) => events.push(`${type} ${meta.kind} ${meta.namespace ?? ''}/${meta.name}`),
    ...more,
  });
  const put = (collection: string, name: string) => api.store.put(collection, { metadata: { name, namespace: 'one' } });

  beforeEach(async () => {
    [events, logged] = [[], []];
    api = new ApiServer();
    await api.start();
    connection = new KubeConnection(api.kubeConfig());
    const log = (message: string) => logged.push(message);
    const logger = { debug: log, info: log, warn: log, error: log };
    operator = new SparkSecretsOperator([kind('demo.io', 'things'), kind('', 'pods')], logger);
  });
  afterEach(async () => {
    await operator.shutdown();
    await connection.close();
    await api.stop();
  });

  it('carries events of our own and of core kinds, from the first list on', async () => {
    put(THINGS, 'a');
    put(PODS, 'p');
    await operator.start();
    expect(events.toSorted()).to.deep.equal(['MODIFIED Pod one/p', 'MODIFIED Thing one/a']);
    await eventually(() => api.watchers === 2);
    api.store.delete(THINGS, 'one', 'a');
    await eventually(() => events.length === 3);
    expect(events[2]).to.equal('DELETED Thing one/a');
    expect(logged).to.include('watching things of demo.io/v1');
  });

  it('starts both of two informers of one kind, each with its own handler', async () => {
    const told: string[] = [];
    const labelled = (label: string): WatchedKind =>
      kind('', 'pods', {
        informer: new Informer({
          connection,
          kind: { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true },
          labelSelector: label,
        }),
        onEvent: ({ meta }) => told.push(`${label} ${meta.name}`),
      });
    api.store.honoursSelectors = true;
    for (const label of ['a', 'b'])
      api.store.put(PODS, { metadata: { name: `of-${label}`, namespace: 'one', labels: { [label]: 'x' } } });
    operator = new SparkSecretsOperator([labelled('a'), labelled('b')]);
    await operator.start();
    expect(told.toSorted()).to.deep.equal(['a of-a', 'b of-b']);
  });

  it('takes a group of informers for one, and is ready without a namespace that may not be read', async () => {
    const informer = new InformerGroup({
      connection,
      kind: { group: 'demo.io', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true },
      namespaces: ['one', 'two'],
      backoff: { baseMs: 10, maxMs: 20 },
    });
    api.faults.push({ path: /namespaces[/]two/, code: 403 });
    put(THINGS, 'a');
    api.store.put(THINGS, { metadata: { name: 'b', namespace: 'two' } });
    operator = new SparkSecretsOperator([kind('demo.io', 'things', { informer })]);
    await operator.start();
    expect(events).to.deep.equal(['MODIFIED Thing one/a']);
    api.faults.length = 0;
    await eventually(() => events.length === 2);
    expect(events[1]).to.equal('MODIFIED Thing two/b');
  });

  it('lives through a watch that fails', async () => {
    await operator.start();
    await eventually(() => api.watchers === 2);
    api.faults.push({ path: /watch=true/, times: 2, code: 500 });
    api.dropWatches('reset');
    put(THINGS, 'a');
    await eventually(() => events.length === 1);
  });

  it('stops quietly: no event, no watch, and the process goes on', async () => {
    await operator.start();
    await eventually(() => api.watchers === 2);
    operator.stop();
    await operator.shutdown();
    await eventually(() => api.watchers === 0);
    put(THINGS, 'late');
    await sleep(50);
    expect(events).to.deep.equal([]);
  });

  it('goes on when an event handler throws', async () => {
    let calls = 0;
    const failing = kind('demo.io', 'things', {
      onEvent: () => {
        calls++;
        throw new Error('handler');
      },
    });
    operator = new SparkSecretsOperator([failing]);
    await operator.start();
    await eventually(() => api.watchers === 1);
    put(THINGS, 'a');
    put(THINGS, 'b');
    await eventually(() => calls === 2);
  });
});
