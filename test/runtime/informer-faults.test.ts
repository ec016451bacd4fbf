import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { ApiServer } from '../doubles/api-server.ts';
import { eventually } from '../doubles/eventually.ts';
import { InformerBench, type Thing, THINGS } from './informer-bench.ts';

describe('informer', () => {
  let bench: InformerBench;
  beforeEach(async () => {
    bench = await InformerBench.open();
  });
  afterEach(() => bench.close());

  describe('when things go wrong', () => {
    for (const code of [500, 403, 429, 410]) {
      it(`goes on after a watch was answered ${code}`, async () => {
        bench.api.faults.push({ path: /watch=true/, times: 2, code });
        await bench.started();
        bench.put('a');
        await eventually(() => bench.told.length === 1);
        expect(bench.lost.length > 0).to.equal(code !== 410);
      });
    }

    it('lists again after three failures in a row, as a restored API server counts its versions anew', async () => {
      await bench.started();
      for (const [failures, lists] of [
        [2, 1],
        [3, 2],
      ] as const) {
        bench.put(`of-use-${failures}`);
        await eventually(() => bench.told.length === lists);
        bench.api.faults.push({ path: /watch=true/, times: failures, code: 500 });
        bench.api.dropWatches('end');
        await eventually(() => bench.lost.length >= failures && bench.api.watchers === 1);
        expect(bench.api.count(/limit/)).to.equal(lists);
        bench.lost.length = 0;
      }
    });

    for (const how of ['end', 'reset', 'half-line'] as const) {
      it(`misses nothing when the watch ends by ${how}, and repeats nothing`, async () => {
        bench.put('a');
        await bench.started();
        bench.api.dropWatches(how);
        bench.put('b');
        await eventually(() => bench.told.length === 2);
        await sleep(50);
        expect(bench.told).to.deep.equal(['set one/a red', 'set one/b red']);
      });
    }

    it('waits for an API server that is not there yet', async () => {
      const { port } = bench.api;
      await bench.api.stop();
      const informer = bench.build();
      const starting = informer.start();
      await eventually(() => bench.lost.length > 1);
      expect(informer.synced).to.be.false;
      bench.api = new ApiServer();
      bench.put('a');
      await bench.api.start(port);
      await starting;
      expect(bench.told).to.deep.equal(['set one/a red']);
    });

    it('tells of what was deleted while the watch was down and the history was lost', async () => {
      bench.put('a');
      bench.put('b');
      await bench.started();
      bench.api.faults.push({ path: /watch=true/, times: 1, code: 500 });
      bench.api.dropWatches('reset');
      bench.api.store.delete(THINGS, 'one', 'a');
      bench.api.store.compact();
      await eventually(() => bench.told.includes('delete one/a red'));
      expect(bench.told).to.deep.equal(['set one/a red', 'set one/b red', 'delete one/a red']);
    });

    for (const code of [410, 500]) {
      it(`lists again after an ERROR event ${code}`, async () => {
        bench.put('a');
        await bench.started();
        const lists = bench.api.count(/limit/);
        bench.api.emit('ERROR', { kind: 'Status', code, metadata: {} });
        await eventually(() => bench.api.count(/limit/) === lists + 1);
        bench.put('b');
        await eventually(() => bench.told.length === 2);
      });
    }

    for (const [what, body] of Object.entries({
      'no JSON': '<html>hunter2</html>',
      'a cut list': '{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"hunter2"',
      'JSON but no list': '{"metadata":{},"hunter2":true}',
    })) {
      it(`neither believes nor repeats an answer that is ${what}`, async () => {
        bench.put('a');
        await bench.started();
        bench.api.faults.push({ path: /limit/, times: 1, code: 200, body });
        bench.api.emit('ERROR', { kind: 'Status', code: 410, metadata: {} });
        await eventually(() => bench.lost.length === 1);
        bench.put('b');
        await eventually(() => bench.told.length > 1);
        expect(bench.told).to.deep.equal(['set one/a red', 'set one/b red']);
        expect(bench.lost.map(String).join()).not.to.include('hunter2');
      });
    }

    it('takes a silent connection for dead, and does not tell of everything again', async () => {
      bench.put('a');
      await bench.started({ silenceMs: 150 });
      bench.api.dropWatches('silence');
      bench.put('b');
      await eventually(() => bench.told.length === 2);
      expect(bench.told).to.deep.equal(['set one/a red', 'set one/b red']);
      expect(bench.api.count(/limit/)).to.equal(1);
    });

    it('does not spin when each watch is closed at once', async () => {
      await bench.started({ backoff: { baseMs: 50, maxMs: 1_000 } });
      const dropping = setInterval(() => {
        bench.api.dropWatches('end');
      }, 1);
      await sleep(500);
      clearInterval(dropping);
      expect(bench.api.count(/watch=true/)).to.be.within(2, 8);
    });

    it('reports a listener that throws or rejects, and goes on', async () => {
      const later: string[] = [];
      const informer = await bench.started();
      const rejecting: () => unknown = () => Promise.reject(new Error('async'));
      informer.subscribe(rejecting);
      informer.subscribe(() => {
        throw new Error('sync');
      });
      informer.subscribe(({ metadata }) => later.push(metadata.name));
      bench.put('a');
      bench.put('b');
      await eventually(() => bench.thrown.length === 4);
      expect(later).to.deep.equal(['a', 'b']);
      expect(bench.lost).to.deep.equal([]);
    });

    it('goes on when transform throws for one object', async () => {
      const transform = (object: Thing): Thing => {
        if (object.metadata.name === 'bad') throw new Error('bad object');
        return object;
      };
      bench.put('bad');
      bench.put('good');
      await bench.started({ transform });
      expect(bench.told).to.deep.equal(['set one/good red']);
      expect(bench.thrown).to.have.length(1);
    });

    it('takes an optional kind that is not installed for empty, and finds it when it is', async () => {
      bench.api.absent.add(THINGS);
      const informer = bench.build({ optional: true });
      await informer.start();
      expect(informer.synced).to.be.true;
      expect(bench.lost).to.deep.equal([]);
      bench.put('a');
      bench.api.absent.delete(THINGS);
      await eventually(() => informer.size === 1);
    });

    it('forgets what there was of an optional kind that is no longer installed, and tells of it', async () => {
      bench.put('a');
      const informer = await bench.started({ optional: true });
      bench.api.absent.add(THINGS);
      bench.api.dropWatches('end');
      await eventually(() => informer.size === 0);
      expect(bench.told).to.deep.equal(['set one/a red', 'delete one/a red']);
    });

    it('waits for a kind that must be there', async () => {
      bench.api.absent.add(THINGS);
      const informer = bench.build();
      void informer.start();
      await eventually(() => bench.lost.length > 1);
      expect(informer.synced).to.be.false;
    });

    it('gets a new token when the old one is refused', async () => {
      bench.api.tokens.add('new');
      const user = { name: 'test', token: 'old' };
      const kubeConfig = bench.api.kubeConfig(user);
      await bench.connection.close();
      bench.connection = new KubeConnection(kubeConfig);
      const informer = bench.build();
      const starting = informer.start();
      await eventually(() => bench.lost.length > 0);
      kubeConfig.users = [{ name: 'test', token: 'new' }];
      await starting;
      expect(informer.synced).to.be.true;
    });
  });

  describe('after stop', () => {
    it('is silent, closes its watch, and opens none', async () => {
      const informer = await bench.started();
      await informer.stop();
      await eventually(() => bench.api.watchers === 0);
      const requests = bench.api.requests.length;
      bench.put('late');
      await sleep(100);
      expect(bench.told).to.deep.equal([]);
      expect(bench.lost).to.deep.equal([]);
      expect(bench.api.requests).to.have.length(requests);
    });

    it('opens no watch when it was stopped during a pause', async () => {
      bench.api.faults.push({ path: /watch=true/, code: 500 });
      const informer = bench.build({ backoff: { baseMs: 100, maxMs: 100 } });
      await informer.start();
      await eventually(() => bench.lost.length === 1);
      await informer.stop();
      const requests = bench.api.requests.length;
      await sleep(200);
      expect(bench.api.requests).to.have.length(requests);
    });

    it('lets go of those who wait for the first list', async () => {
      bench.api.faults.push({ code: 500 });
      const informer = bench.build();
      const starting = informer.start();
      await eventually(() => bench.lost.length > 0);
      await informer.stop();
      await starting;
      expect(informer.synced).to.be.false;
    });
  });
});
