import { expect } from 'chai';
import type { Usage } from '../../operator/console/app/api/answers.ts';
import { usageGraph } from '../../operator/console/app/model/graph.ts';
import { globMatches, isGranted } from '../../operator/console/app/model/grants.ts';
import { KeptListings } from '../../operator/console/app/model/kept.ts';
import { countOf, isNearEnd, NOTHING_YET, withPage } from '../../operator/console/app/model/listing.ts';
import { hrefOf, routeOf, type Route } from '../../operator/console/app/model/route.ts';
import { rowAfter, rowWindow } from '../../operator/console/app/model/row-window.ts';
import { bodyOf, generated, remarksOn, sizeOf, valueProblem } from '../../operator/console/app/model/value.ts';
import { ago } from '../../operator/console/app/model/words.ts';
import { globMatches as operatorsMatch } from '../../operator/stores/access.ts';

const STORE = { namespace: 'platform', name: 'default' };
const text = (value: string) => ({ kind: 'text', text: value }) as const;

describe('the page’s addresses', () => {
  const routes: readonly Route[] = [
    { view: 'stores' },
    { view: 'keys', store: STORE, group: '' },
    { view: 'keys', store: STORE, group: 'orders/s3' },
    { view: 'key', store: STORE, key: 'orders/DB_PASSWORD' },
    ...(['use', 'audit', 'about'] as const).map((view) => ({ view, store: STORE })),
  ];
  it('lead back to their views', () => {
    for (const route of routes) expect(routeOf(hrefOf(route))).to.deep.equal(route);
    expect(routeOf('#/stores/platform/default')).to.deep.equal({ view: 'keys', store: STORE, group: '' });
  });

  it('lead nowhere when nobody made them', () => {
    for (const hash of [
      '#/x',
      '#/stores',
      '#/stores/a',
      '#/stores/a/b/key',
      '#/stores/a/b/use/c',
      '#/%zz',
      '#/stores/a/b/x',
    ])
      expect(routeOf(hash), hash).to.deep.equal({ view: 'nothing' });
    for (const hash of ['', '#', '#/']) expect(routeOf(hash), hash).to.deep.equal({ view: 'stores' });
  });
});

describe('a list that comes page by page', () => {
  const id = (item: string): string => item;

  it('grows, shows nothing twice, and knows whether there is more', () => {
    const one = withPage<string>(NOTHING_YET, { items: ['a', 'b'], continue: 'x' }, id);
    const two = withPage(one, { items: ['b', 'c'] }, id);
    expect([one.items, one.next, two.items, two.next]).to.deep.equal([['a', 'b'], 'x', ['a', 'b', 'c'], undefined]);
    expect([countOf(one, 'key'), countOf(two, 'key')]).to.deep.equal(['2 keys so far', '3 keys']);
    expect(countOf({ ...two, items: ['a'] }, 'key')).to.equal('1 key');
  });

  it('wants its next page before one is at its end', () => {
    const items = Array.from({ length: 1000 }, (_, at) => String(at));
    const listing = { items, next: 'x', isKnown: true };
    expect([
      isNearEnd(listing, 40),
      isNearEnd(listing, 900),
      isNearEnd({ ...listing, next: undefined }, 999),
    ]).to.deep.equal([false, true, false]);
  });

  it('is kept when it is left, until something is written', () => {
    const kept = new KeptListings();
    const list = { listing: { items: [], next: undefined, isKnown: true }, search: 'a', scrollY: 7 };
    kept.keep('one', list, kept.age);
    expect(kept.get('one')).to.equal(list);
    const { age } = kept;
    kept.forget();
    kept.keep('two', list, age);
    expect([kept.get('one'), kept.get('two')]).to.deep.equal([undefined, undefined]);
  });

  it('is drawn only where it is seen', () => {
    const sight = { height: 800, rowHeight: 50, count: 10_000 };
    expect(rowWindow({ ...sight, top: 300 })).to.deep.equal({ first: 0, end: 22 });
    expect(rowWindow({ ...sight, top: -100_000 })).to.deep.equal({ first: 1988, end: 2028 });
    expect(rowWindow({ ...sight, top: -499_500 })).to.deep.equal({ first: 9978, end: 10_000 });
    expect(rowWindow({ ...sight, top: 5000 })).to.deep.equal({ first: 0, end: 0 });
    expect(rowWindow({ ...sight, top: 0, count: 0 })).to.deep.equal({ first: 0, end: 0 });
  });

  it('is walked by the keyboard, and not past its ends', () => {
    const to = (key: string, row: number) => rowAfter(key, row, { count: 100, page: 10 });
    expect([
      to('ArrowDown', 0),
      to('ArrowUp', 0),
      to('PageDown', 95),
      to('Home', 50),
      to('End', 0),
      to('a', 1),
    ]).to.deep.equal([...[1, 0, 99, 0, 99, undefined]]);
    expect(rowAfter('End', 0, { count: 0, page: 1 })).to.equal(undefined);
  });
});

describe('the usage graph', () => {
  const binding = (namespace: string, name: string, ready = true): Usage['bindings'][number] => ({
    ...{ namespace, name, ready },
    as: [{ what: 'variable', name: 'A' }],
  });
  const application = (namespace: string, driver: string, ...bindings: string[]): Usage['applications'][number] => ({
    ...{ namespace, name: driver, driver, phase: 'Running', since: '', bindings },
  });

  it('leads from the store by the key to bindings, and from each to the applications that have the key by it', () => {
    const usage = {
      bindings: [binding('a', 'one'), binding('a', 'two', false), binding('b', 'one')],
      applications: [
        application('b', 'late', 'one'),
        application('a', 'both', 'one', 'two'),
        application('a', 'x', 'one'),
      ],
    };
    const { columns, edges, rows, leftOut } = usageGraph(STORE, 'orders/A', usage);
    expect(columns.map(({ nodes }) => nodes.map(({ title }) => title))).to.deep.equal([
      ['default'],
      ['orders/A'],
      ['one', 'two', 'one'],
      ['x', 'both', 'late'],
    ]);
    expect(edges.map(({ from, to }) => `${from.id} > ${to.id}`)).to.have.members([
      'store > key',
      ...['a/one', 'a/two', 'b/one'].map((name) => `key > binding ${name}`),
      'binding a/one > application a/both',
      'binding a/two > application a/both',
      'binding a/one > application a/x',
      'binding b/one > application b/late',
    ]);
    expect([rows, leftOut]).to.deep.equal([3, 0]);
    expect(columns[2]!.nodes.map(({ state, at }) => [state, at])).to.deep.equal([
      ['fine', 0.5],
      ['wrong', 1.5],
      ['fine', 2.5],
    ]);
    expect(columns[0]!.nodes[0]!.at).to.equal(1.5);
  });

  it('stays a picture when very many use a key', () => {
    const bindings = Array.from({ length: 500 }, (_, at) => binding('a', `b${at}`));
    const applications = bindings.map(({ name }) => application('a', `of-${name}`, name));
    const { columns, rows, leftOut, edges } = usageGraph(STORE, 'A', { bindings, applications });
    expect([columns[2]!.nodes.length, columns[3]!.nodes.length, rows, leftOut, edges.length]).to.deep.equal([
      40, 40, 40, 920, 81,
    ]);
  });
});

describe('what the page knows of grants', () => {
  it('matches keys as the operator does', () => {
    const globs = ['*', '**', 'a/*', 'a/**', '*/b', 'a*b', '**/b', 'a', '', 'a/*/c', '*a*a*a*a*a*a*a*a*a*a*b'];
    const keys = ['a', 'b', 'ab', 'a/b', 'a/b/c', 'axxb', 'a/', 'x/b', 'x/y/b', '', 'a'.repeat(200)];
    for (const glob of globs)
      for (const key of keys) expect(globMatches(glob, key), `${glob} ${key}`).to.equal(operatorsMatch(glob, key));
  });

  it('says no only when it is sure', () => {
    const named = { keys: ['orders/*'], namespaces: { matchNames: ['analytics'] } };
    const labelled = { keys: ['sales/*'], namespaces: { selector: { matchLabels: { team: 'sales' } } } };
    const grants = [named, labelled];
    expect(isGranted(grants, 'analytics', 'orders/A')).to.equal('yes');
    expect(isGranted(grants, 'other', 'orders/A')).to.equal('no');
    expect(isGranted(grants, 'other', 'sales/A')).to.equal('unknown');
    expect(isGranted([{ keys: ['orders/*'] }], 'other', 'orders/A')).to.equal('yes');
  });
});

describe('a value that is written', () => {
  it('goes as it is: text as text, a file as bytes', () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
    expect(bodyOf(text('a\nb '))).to.deep.equal({ value: 'a\nb ' });
    expect(bodyOf({ kind: 'file', name: 'a', bytes })).to.deep.equal({
      valueBase64: Buffer.from(bytes).toString('base64'),
    });
    expect(sizeOf(text('é💥'))).to.equal(6);
  });

  it('is refused when it is empty or too large, and remarked on when it is odd', () => {
    expect(valueProblem(text(''))).to.match(/value/);
    expect(valueProblem(text('x'.repeat(1_048_577)))).to.match(/1 MiB/);
    expect(valueProblem(text('x'.repeat(1_048_576)))).to.equal(undefined);
    expect(['a\n', ' a', 'a b', '-----END-----'].map((each) => remarksOn(text(each)).length)).to.deep.equal([
      1, 1, 0, 0,
    ]);
  });

  it('can be made by chance, every letter as likely as another', () => {
    let next = 0;
    const counting = (count: number) => Uint8Array.from({ length: count }, () => next++ % 256);
    const made = generated(59 * 40, counting);
    const counts = new Map<string, number>();
    for (const letter of made) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect([made.length, counts.size, new Set(counts.values())]).to.deep.equal([2360, 59, new Set([40])]);
  });
});

describe('times', () => {
  it('are told in the largest unit that fits', () => {
    const now = Date.parse('2026-11-26T12:00:00Z');
    const told = (seconds: number) => ago(now - seconds * 1000, now);
    expect([told(3), told(40), told(90), told(3600), told(86_400), told(3 * 86_400)]).to.deep.equal([
      ...['just now', '40 seconds ago', '1 minute ago', '1 hour ago', 'yesterday', '3 days ago'],
    ]);
  });
});
