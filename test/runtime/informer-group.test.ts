import { expect } from 'chai';
import { InformerGroup, type InformerGroupOptions } from '../../operator/runtime/informer-group.ts';
import { eventually } from '../doubles/eventually.ts';
import { InformerBench, type Thing, THING, THINGS } from './informer-bench.ts';

describe('a group of informers', () => {
  let bench: InformerBench;
  let groups: InformerGroup<Thing>[];
  let access: string[];
  beforeEach(async () => {
    bench = await InformerBench.open();
    [groups, access] = [[], []];
  });
  afterEach(async () => {
    await Promise.all(groups.map((group) => group.stop()));
    await bench.close();
  });

  function group(options: Partial<InformerGroupOptions<Thing>> = {}): InformerGroup<Thing> {
    const made = new InformerGroup<Thing>({
      connection: bench.connection,
      kind: THING,
      namespaces: ['one', 'two'],
      backoff: { baseMs: 10, maxMs: 20 },
      onLost: (error) => bench.lost.push(error),
      onAccess: (namespace, isGranted) => access.push(`${namespace} ${isGranted ? 'granted' : 'forbidden'}`),
      ...options,
    });
    groups.push(made);
    return made;
  }

  /** What the API server answers for one namespace. */
  function answer(namespace: string, code: number): void {
    bench.api.faults.push({ path: new RegExp(`/namespaces/${namespace}/`), code });
  }

  function allow(): void {
    bench.api.faults.length = 0;
  }

  const names = (things: readonly Readonly<Thing>[]): string[] => things.map(({ metadata }) => metadata.name).sort();

  it('reads as one informer: single objects, those of a namespace, all, and by index', async () => {
    bench.put('a', 'red', 'one');
    bench.put('b', 'red', 'two');
    bench.put('c', 'blue', 'two');
    const both = group({ indexes: { color: ({ spec }) => (spec ? [spec.color] : []) } });
    await both.start();
    expect([both.synced, both.size, both.namespace, both.kind]).to.deep.equal([true, 3, undefined, THING]);
    expect(both.get('two', 'b')?.spec?.color).to.equal('red');
    expect([both.get('one', 'b'), both.get(undefined, 'b'), both.get('three', 'b')]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    expect(names(both.list())).to.deep.equal(['a', 'b', 'c']);
    expect(names(both.list('two'))).to.deep.equal(['b', 'c']);
    expect(both.list('three')).to.deep.equal([]);
    expect(names(both.byIndex('color', 'red'))).to.deep.equal(['a', 'b']);
    expect(() => both.byIndex('size', 'xl')).to.throw(/no index size/);
  });

  it('asks for its namespaces alone, and hears nothing of others', async () => {
    bench.put('a', 'red', 'three');
    const both = group();
    await both.start();
    await eventually(() => bench.api.watchers === 2);
    bench.put('b', 'red', 'three');
    bench.put('c', 'red', 'two');
    await eventually(() => both.size === 1);
    const elsewhere = bench.api.requests.filter((request) => !/namespaces[/](one|two)[/]things/.test(request));
    expect(elsewhere).to.deep.equal([]);
    expect([both.knows('one'), both.knows('two'), both.knows('three')]).to.deep.equal([true, true, false]);
  });

  it('tells a listener of what is there and of each change, in whichever namespace, until it ends', async () => {
    bench.put('a', 'red', 'one');
    const both = group();
    await both.start();
    const told: string[] = [];
    const end = both.subscribe(({ metadata }, change) => told.push(`${change} ${metadata.namespace}/${metadata.name}`));
    await eventually(() => bench.api.watchers === 2);
    bench.put('b', 'red', 'two');
    await eventually(() => told.length === 2);
    bench.api.store.delete(THINGS, 'one', 'a');
    await eventually(() => told.length === 3);
    end();
    bench.put('c', 'red', 'two');
    await eventually(() => both.size === 2);
    expect(told).to.deep.equal(['set one/a', 'set two/b', 'delete one/a']);
  });

  it('does not wait for a namespace that may not be listed, and knows it when it may', async () => {
    bench.put('a', 'red', 'one');
    bench.put('b', 'red', 'two');
    answer('two', 403);
    const both = group();
    await both.start();
    expect([both.synced, both.knows('one'), both.knows('two'), names(both.list())]).to.deep.equal([
      true,
      true,
      false,
      ['a'],
    ]);
    await eventually(() => access.filter((each) => each === 'two forbidden').length > 2);
    allow();
    await eventually(() => both.knows('two'));
    expect(names(both.list())).to.deep.equal(['a', 'b']);
    expect([access.at(-1), bench.lost]).to.deep.equal(['two granted', []]);
  });

  it('keeps what it knew of a namespace that it may not list any more, and hears when it may again', async () => {
    bench.put('b', 'red', 'two');
    const both = group();
    await both.start();
    await eventually(() => bench.api.watchers === 2);
    answer('two', 403);
    bench.api.dropWatches('reset');
    await eventually(() => access.includes('two forbidden'));
    expect([both.synced, both.knows('two'), names(both.list('two'))]).to.deep.equal([true, true, ['b']]);
    bench.api.store.delete(THINGS, 'two', 'b');
    access.length = 0;
    allow();
    await eventually(() => access.includes('two granted'));
    expect(both.size).to.equal(0);
  });

  it('waits for a namespace that fails otherwise, and says why', async () => {
    answer('two', 500);
    const both = group();
    const starting = both.start();
    await eventually(() => both.knows('one') && bench.lost.length > 1);
    expect(both.synced).to.be.false;
    allow();
    await starting;
    expect([both.synced, both.knows('two')]).to.deep.equal([true, true]);
  });

  it('is not synced while it may list nothing at all', async () => {
    answer('one', 403);
    answer('two', 403);
    const both = group();
    const starting = both.start();
    await eventually(() => ['one', 'two'].every((namespace) => access.includes(`${namespace} forbidden`)));
    expect(both.synced).to.be.false;
    bench.api.faults.shift();
    await starting;
    expect([both.knows('one'), both.knows('two')]).to.deep.equal([true, false]);
  });

  it('lets go of those who wait when it is stopped, and is silent then', async () => {
    answer('two', 500);
    const both = group();
    const starting = both.start();
    await eventually(() => bench.lost.length > 0);
    await both.stop();
    await starting;
    await eventually(() => bench.api.watchers === 0);
    expect(both.synced).to.be.false;
  });
});
