import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { Informer, type InformerOptions } from '../../operator/runtime/informer.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { KubeKind, KubeObject } from '../../operator/runtime/kube-object.ts';
import { ApiServer } from '../doubles/api-server.ts';
import { eventually } from '../doubles/eventually.ts';

interface Thing extends KubeObject {
  readonly spec?: { readonly color: string };
}

const THING: KubeKind<Thing> = { group: 'demo.io', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };
const THINGS = '/apis/demo.io/v1/things';
const thing = (name: string, color = 'red', namespace = 'one') => ({ metadata: { name, namespace }, spec: { color } });

describe('informer', () => {
  let api: ApiServer;
  let connection: KubeConnection;
  let informers: Informer<Thing>[];
  /** `set one/a red`, in the order in which it was told. */
  let told: string[];
  let lost: unknown[];
  let thrown: unknown[];

  const build = (options: Partial<InformerOptions<Thing>> = {}): Informer<Thing> => {
    const informer = new Informer<Thing>({
      connection,
      kind: THING,
      backoff: { baseMs: 10, maxMs: 40 },
      onChange: ({ metadata, spec }, change) =>
        told.push(`${change} ${metadata.namespace ?? ''}/${metadata.name} ${spec?.color ?? ''}`),
      onLost: (error) => lost.push(error),
      onListenerError: (error) => thrown.push(error),
      ...options,
    });
    informers.push(informer);
    return informer;
  };
  const put = (...args: Parameters<typeof thing>) => api.store.put(THINGS, thing(...args));
  const watching = () => eventually(() => api.watchers === 1);
  const started = async (options: Partial<InformerOptions<Thing>> = {}): Promise<Informer<Thing>> => {
    const informer = build(options);
    await informer.start();
    await watching();
    return informer;
  };

  beforeEach(async () => {
    [informers, told, lost, thrown] = [[], [], [], []];
    api = new ApiServer();
    await api.start();
    connection = new KubeConnection(api.kubeConfig());
  });
  afterEach(async () => {
    await Promise.all(informers.map((informer) => informer.stop()));
    await connection.close();
    await api.stop();
  });

  describe('in normal life', () => {
    it('tells of what is there, then of each change, and keeps a copy', async () => {
      put('a');
      const informer = await started();
      expect(informer.synced).to.be.true;
      put('b', 'blue');
      put('a', 'green');
      api.store.delete(THINGS, 'one', 'b');
      await eventually(() => told.length === 4);
      expect(told).to.deep.equal(['set one/a red', 'set one/b blue', 'set one/a green', 'delete one/b blue']);
      expect(informer.get('one', 'a')?.spec?.color).to.equal('green');
      expect(informer.get('one', 'b')).to.be.undefined;
    });

    it('gives the items of a list their kind', async () => {
      put('a');
      const informer = await started();
      expect(informer.get('one', 'a')).to.include({ apiVersion: 'demo.io/v1', kind: 'Thing' });
    });

    it('lists page by page', async () => {
      for (let i = 0; i < 25; i++) put(`t${i}`);
      const informer = await started({ pageSize: 10 });
      expect(informer.size).to.equal(25);
      expect(api.count(/limit=10/)).to.equal(3);
    });

    it('starts over without pages when the list expires between two pages', async () => {
      for (let i = 0; i < 25; i++) put(`t${i}`);
      api.faults.push({ path: /continue/, times: 1, code: 410, body: { kind: 'Status', reason: 'Expired' } });
      const informer = await started({ pageSize: 10 });
      expect(informer.size).to.equal(25);
      expect(told).to.have.length(25);
    });

    it('selects by namespace and label on the server', async () => {
      put('a', 'red', 'one');
      put('b', 'red', 'two');
      const informer = await started({ namespace: 'two', labelSelector: 'team=orders' });
      expect(informer.list().map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
      expect(api.count(/namespaces\/two\/things\?.*labelSelector=team%3Dorders/)).to.equal(2);
    });

    it('keeps only what transform leaves, of a list and of a watch', async () => {
      put('a');
      const transform = ({ spec: _, ...rest }: Thing): Thing => rest;
      const informer = await started({ transform });
      put('b');
      await eventually(() => informer.size === 2);
      expect(informer.list().map((object) => 'spec' in object)).to.deep.equal([false, false]);
    });

    it('finds objects by namespace and by index, also after they changed or went', async () => {
      put('a', 'red', 'one');
      put('b', 'red', 'two');
      const informer = await started({ indexes: { color: ({ spec }) => (spec ? [spec.color] : []) } });
      const red = () => informer.byIndex('color', 'red').map(({ metadata }) => metadata.name);
      expect(red().toSorted()).to.deep.equal(['a', 'b']);
      expect(informer.list('two')).to.have.length(1);
      put('a', 'blue', 'one');
      await eventually(() => informer.byIndex('color', 'blue').length === 1);
      expect(red()).to.deep.equal(['b']);
      api.store.delete(THINGS, 'two', 'b');
      await eventually(() => red().length === 0);
      expect(informer.list('two')).to.deep.equal([]);
      expect(() => informer.byIndex('size', 'xl')).to.throw(/no index size/);
    });

    it('tells a late listener of what is there, until it ends', async () => {
      put('a');
      const informer = await started();
      const late: string[] = [];
      const end = informer.subscribe(({ metadata }) => late.push(metadata.name));
      put('b');
      await eventually(() => late.length === 2);
      end();
      put('c');
      await eventually(() => informer.size === 3);
      expect(late).to.deep.equal(['a', 'b']);
    });

    it('resumes after a bookmark from there, so that a compacted history does no harm', async () => {
      await started();
      api.store.compact();
      api.store.bookmark(THINGS);
      await sleep(20);
      const lists = api.count(/limit/);
      api.dropWatches('end');
      put('a');
      await eventually(() => told.length === 1);
      expect(api.count(/limit/)).to.equal(lists);
    });
  });

  describe('when things go wrong', () => {
    for (const code of [500, 403, 429, 410]) {
      it(`goes on after a watch was answered ${code}`, async () => {
        api.faults.push({ path: /watch=true/, times: 2, code });
        await started();
        put('a');
        await eventually(() => told.length === 1);
        expect(lost.length > 0).to.equal(code !== 410);
      });
    }

    for (const how of ['end', 'reset', 'half-line'] as const) {
      it(`misses nothing when the watch ends by ${how}, and repeats nothing`, async () => {
        put('a');
        await started();
        api.dropWatches(how);
        put('b');
        await eventually(() => told.length === 2);
        await sleep(50);
        expect(told).to.deep.equal(['set one/a red', 'set one/b red']);
      });
    }

    it('waits for an API server that is not there yet', async () => {
      const { port } = api;
      await api.stop();
      const informer = build();
      const starting = informer.start();
      await eventually(() => lost.length > 1);
      expect(informer.synced).to.be.false;
      api = new ApiServer();
      put('a');
      await api.start(port);
      await starting;
      expect(told).to.deep.equal(['set one/a red']);
    });

    it('tells of what was deleted while the watch was down and the history was lost', async () => {
      put('a');
      put('b');
      await started();
      api.faults.push({ path: /watch=true/, times: 1, code: 500 });
      api.dropWatches('reset');
      api.store.delete(THINGS, 'one', 'a');
      api.store.compact();
      await eventually(() => told.includes('delete one/a red'));
      expect(told).to.deep.equal(['set one/a red', 'set one/b red', 'delete one/a red']);
    });

    for (const code of [410, 500]) {
      it(`lists again after an ERROR event ${code}`, async () => {
        put('a');
        await started();
        const lists = api.count(/limit/);
        api.emit('ERROR', { kind: 'Status', code, metadata: {} });
        await eventually(() => api.count(/limit/) === lists + 1);
        put('b');
        await eventually(() => told.length === 2);
      });
    }

    for (const [what, body] of Object.entries({
      'no JSON': '<html>hunter2</html>',
      'a cut list': '{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"hunter2"',
      'JSON but no list': '"hunter2"',
    })) {
      it(`neither believes nor repeats an answer that is ${what}`, async () => {
        put('a');
        await started();
        api.faults.push({ path: /limit/, times: 1, code: 200, body });
        api.emit('ERROR', { kind: 'Status', code: 410, metadata: {} });
        await eventually(() => lost.length === 1);
        put('b');
        await eventually(() => told.length > 1);
        expect(told).to.deep.equal(['set one/a red', 'set one/b red']);
        expect(lost.map(String).join()).not.to.include('hunter2');
      });
    }

    it('takes a silent connection for dead, and does not tell of everything again', async () => {
      put('a');
      await started({ silenceMs: 150 });
      api.dropWatches('silence');
      put('b');
      await eventually(() => told.length === 2);
      expect(told).to.deep.equal(['set one/a red', 'set one/b red']);
      expect(api.count(/limit/)).to.equal(1);
    });

    it('does not spin when each watch is closed at once', async () => {
      await started({ backoff: { baseMs: 50, maxMs: 1_000 } });
      const dropping = setInterval(() => {
        api.dropWatches('end');
      }, 1);
      await sleep(500);
      clearInterval(dropping);
      expect(api.count(/watch=true/)).to.be.within(2, 8);
    });

    it('reports a listener that throws or rejects, and goes on', async () => {
      const later: string[] = [];
      const informer = await started();
      informer.subscribe((() => Promise.reject(new Error('async'))) as () => void);
      informer.subscribe(() => {
        throw new Error('sync');
      });
      informer.subscribe(({ metadata }) => later.push(metadata.name));
      put('a');
      put('b');
      await eventually(() => thrown.length === 4);
      expect(later).to.deep.equal(['a', 'b']);
      expect(lost).to.deep.equal([]);
    });

    it('goes on when transform throws for one object', async () => {
      const transform = (object: Thing): Thing => {
        if (object.metadata.name === 'bad') throw new Error('bad object');
        return object;
      };
      put('bad');
      put('good');
      await started({ transform });
      expect(told).to.deep.equal(['set one/good red']);
      expect(thrown).to.have.length(1);
    });

    it('takes an optional kind that is not installed for empty, and finds it when it is', async () => {
      api.absent.add(THINGS);
      const informer = build({ optional: true });
      await informer.start();
      expect(informer.synced).to.be.true;
      expect(lost).to.deep.equal([]);
      put('a');
      api.absent.delete(THINGS);
      await eventually(() => informer.size === 1);
    });

    it('waits for a kind that must be there', async () => {
      api.absent.add(THINGS);
      const informer = build();
      void informer.start();
      await eventually(() => lost.length > 1);
      expect(informer.synced).to.be.false;
    });

    it('gets a new token when the old one is refused', async () => {
      api.tokens.add('new');
      const user = { name: 'test', token: 'old' };
      const kubeConfig = api.kubeConfig(user);
      await connection.close();
      connection = new KubeConnection(kubeConfig);
      const informer = build();
      const starting = informer.start();
      await eventually(() => lost.length > 0);
      kubeConfig.users = [{ name: 'test', token: 'new' }];
      await starting;
      expect(informer.synced).to.be.true;
    });
  });

  describe('after stop', () => {
    it('is silent, closes its watch, and opens none', async () => {
      const informer = await started();
      await informer.stop();
      await eventually(() => api.watchers === 0);
      const requests = api.requests.length;
      put('late');
      await sleep(100);
      expect(told).to.deep.equal([]);
      expect(lost).to.deep.equal([]);
      expect(api.requests).to.have.length(requests);
    });

    it('opens no watch when it was stopped during a pause', async () => {
      api.faults.push({ path: /watch=true/, code: 500 });
      const informer = build({ backoff: { baseMs: 100, maxMs: 100 } });
      await informer.start();
      await eventually(() => lost.length === 1);
      await informer.stop();
      const requests = api.requests.length;
      await sleep(200);
      expect(api.requests).to.have.length(requests);
    });

    it('lets go of those who wait for the first list', async () => {
      api.faults.push({ code: 500 });
      const informer = build();
      const starting = informer.start();
      await eventually(() => lost.length > 0);
      await informer.stop();
      await starting;
      expect(informer.synced).to.be.false;
    });
  });
});
