import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../doubles/eventually.ts';
import { InformerBench, type Thing, THINGS } from './informer-bench.ts';

describe('informer', () => {
  let bench: InformerBench;
  beforeEach(async () => {
    bench = await InformerBench.open();
  });
  afterEach(() => bench.close());

  it('tells of what is there, then of each change, and keeps a copy', async () => {
    bench.put('a');
    const informer = await bench.started();
    expect(informer.synced).to.be.true;
    bench.put('b', 'blue');
    bench.put('a', 'green');
    bench.api.store.delete(THINGS, 'one', 'b');
    await eventually(() => bench.told.length === 4);
    expect(bench.told).to.deep.equal(['set one/a red', 'set one/b blue', 'set one/a green', 'delete one/b blue']);
    expect(informer.get('one', 'a')?.spec?.color).to.equal('green');
    expect(informer.get('one', 'b')).to.be.undefined;
  });

  it('gives the items of a list their kind', async () => {
    bench.put('a');
    const informer = await bench.started();
    expect(informer.get('one', 'a')).to.include({ apiVersion: 'demo.io/v1', kind: 'Thing' });
  });

  it('lists page by page', async () => {
    for (let i = 0; i < 25; i++) bench.put(`t${i}`);
    const informer = await bench.started({ pageSize: 10 });
    expect(informer.size).to.equal(25);
    expect(bench.api.count(/limit=10/)).to.equal(3);
  });

  it('starts over without pages when the list expires between two pages', async () => {
    for (let i = 0; i < 25; i++) bench.put(`t${i}`);
    bench.api.faults.push({ path: /continue/, code: 410, body: { kind: 'Status', reason: 'Expired' } });
    const informer = await bench.started({ pageSize: 10 });
    expect(informer.size).to.equal(25);
    expect(bench.told).to.have.length(25);
  });

  it('selects by namespace and label on the server', async () => {
    bench.put('a', 'red', 'one');
    bench.put('b', 'red', 'two');
    const informer = await bench.started({ namespace: 'two', labelSelector: 'team=orders' });
    expect(informer.list().map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
    expect(bench.api.count(/namespaces\/two\/things\?.*labelSelector=team%3Dorders/)).to.equal(2);
  });

  it('keeps only what transform leaves, of a list and of a watch', async () => {
    bench.put('a');
    const transform = ({ apiVersion, kind, metadata }: Thing) => ({ apiVersion, kind, metadata }) as Thing;
    const informer = await bench.started({ transform });
    bench.put('b');
    await eventually(() => informer.size === 2);
    expect(informer.list().map((object) => 'spec' in object)).to.deep.equal([false, false]);
  });

  it('finds objects by namespace and by index, also after they changed or went', async () => {
    bench.put('a', 'red', 'one');
    bench.put('b', 'red', 'two');
    const informer = await bench.started({ indexes: { color: ({ spec }) => (spec ? [spec.color] : []) } });
    const red = () => informer.byIndex('color', 'red').map(({ metadata }) => metadata.name);
    expect(red().toSorted()).to.deep.equal(['a', 'b']);
    expect(informer.list('two')).to.have.length(1);
    bench.put('a', 'blue', 'one');
    await eventually(() => informer.byIndex('color', 'blue').length === 1);
    expect(red()).to.deep.equal(['b']);
    bench.api.store.delete(THINGS, 'two', 'b');
    await eventually(() => red().length === 0);
    expect(informer.list('two')).to.deep.equal([]);
    expect(() => informer.byIndex('size', 'xl')).to.throw(/no index size/);
  });

  it('tells a late listener of what is there, until it ends', async () => {
    bench.put('a');
    const informer = await bench.started();
    const late: string[] = [];
    const end = informer.subscribe(({ metadata }) => late.push(metadata.name));
    bench.put('b');
    await eventually(() => late.length === 2);
    end();
    bench.put('c');
    await eventually(() => informer.size === 3);
    expect(late).to.deep.equal(['a', 'b']);
  });

  it('resumes after a bookmark from there, so that a compacted history does no harm', async () => {
    await bench.started();
    bench.api.store.compact();
    bench.api.store.bookmark(THINGS);
    await sleep(20);
    const lists = bench.api.count(/limit/);
    bench.api.dropWatches('end');
    bench.put('a');
    await eventually(() => bench.told.length === 1);
    expect(bench.api.count(/limit/)).to.equal(lists);
  });
});
