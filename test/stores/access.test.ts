import { expect } from 'chai';
import { parseDynamicReference } from '../../operator/api/dynamic-reference.ts';
import { ROOT_GROUP } from '../../operator/api/secret-key.ts';
import { globMatches, groupFilter, keyFilter, type Consumer } from '../../operator/stores/access.ts';
import { group, key } from '../support/keys.ts';
import { storeConfig } from '../support/objects.ts';

describe('which keys a store grants', () => {
  const analytics: Consumer = { namespace: 'analytics', namespaceLabels: { team: 'analytics', tier: 'prod' } };
  const granted = (access: ReturnType<typeof storeConfig>['spec']['access'], where: string, to = analytics) =>
    keyFilter(storeConfig(access === undefined ? {} : { access }), to)(key(where));

  it('fields of credentials on lease only by globs that say so', () => {
    const reference = parseDynamicReference('database/creds/ro#username')!;
    const globs = {
      'database/creds/ro#username': true,
      'database/creds/ro#*': true,
      'database/creds/*#user*': true,
      'database/**': true,
      '**': true,
      'database/creds/*': false,
      'database/creds/ro*': false,
      'database/creds/ro': false,
      'database/*': false,
      'database/creds/ro#password': false,
    };
    for (const [glob, is] of Object.entries(globs)) {
      const config = storeConfig({ access: [{ namespaces: { matchNames: ['analytics'] }, keys: [glob] }] });
      expect(keyFilter(config, analytics)(reference), glob).to.equal(is);
    }
  });

  it('every key to its own namespace', () => {
    const own = { namespace: 'iomete-system', namespaceLabels: {} };
    expect(granted(undefined, 'a/b/C', own)).to.be.true;
    expect(granted([{ namespaces: { matchNames: ['analytics'] }, keys: ['x'] }], 'a', own)).to.be.true;
  });

  it('every group to its own namespace, and to another only those where a key could be granted', () => {
    const config = storeConfig({ access: [{ namespaces: { matchNames: ['analytics'] }, keys: ['orders/*'] }] });
    const own = groupFilter(config, { namespace: 'iomete-system', namespaceLabels: {} });
    const theirs = groupFilter(config, analytics);
    const names = ['', 'orders', 'orders/s3', 'hr'].map((name) => (name === '' ? ROOT_GROUP : group(name)));
    expect(names.map(own)).to.deep.equal([true, true, true, true]);
    expect(names.map(theirs)).to.deep.equal([true, true, false, false]);
  });

  const cases = {
    'no key without a grant': [undefined, false],
    'no key by an empty list': [[], false],
    'a key to a named namespace': [[{ namespaces: { matchNames: ['other', 'analytics'] }, keys: ['orders/*'] }], true],
    'no key to a namespace that is not named': [[{ namespaces: { matchNames: ['analytic'] }, keys: ['**'] }], false],
    'no key by a name that is a glob': [[{ namespaces: { matchNames: ['*'] }, keys: ['**'] }], false],
    'a key by labels': [[{ namespaces: { selector: { matchLabels: { team: 'analytics' } } }, keys: ['**'] }], true],
    'a key by labels that all fit': [
      [{ namespaces: { selector: { matchLabels: { team: 'analytics', tier: 'prod' } } }, keys: ['**'] }],
      true,
    ],
    'no key when one label does not fit': [
      [{ namespaces: { selector: { matchLabels: { team: 'analytics', tier: 'dev' } } }, keys: ['**'] }],
      false,
    ],
    'no key by labels of which there are none': [
      [{ namespaces: { selector: { matchLabels: {} } }, keys: ['**'] }],
      false,
    ],
    'no key by an empty selector': [[{ namespaces: {}, keys: ['**'] }], false],
    'a key by name though the labels do not fit': [
      [{ namespaces: { matchNames: ['analytics'], selector: { matchLabels: { no: 'no' } } }, keys: ['**'] }],
      true,
    ],
    'a key by the second of two grants': [
      [
        { namespaces: { matchNames: ['analytics'] }, keys: ['x'] },
        { namespaces: { matchNames: ['analytics'] }, keys: ['y', 'orders/D*'] },
      ],
      true,
    ],
  } as const;
  for (const [what, [access, expected]] of Object.entries(cases)) {
    it(what, () => {
      expect(granted(access as unknown as Parameters<typeof granted>[0], 'orders/DB')).to.equal(expected);
    });
  }
});

describe('globs', () => {
  const cases: readonly (readonly [glob: string, key: string, matches: boolean])[] = [
    ['orders/*', 'orders/DB', true],
    ['orders/*', 'orders/s3/KEY', false],
    ['orders/*', 'orders', false],
    ['orders/**', 'orders/s3/KEY', true],
    ['orders/**', 'orders', false],
    ['orders/**', 'ordersX', false],
    ['*', 'DB', true],
    ['*', 'orders/DB', false],
    ['**', 'orders/s3/KEY', true],
    ['SHARED_*', 'SHARED_', true],
    ['SHARED_*', 'SHARED_A', true],
    ['SHARED_*', 'xSHARED_A', false],
    ['*/KEY', 'orders/KEY', true],
    ['*/KEY', 'orders/s3/KEY', false],
    ['**/KEY', 'orders/s3/KEY', true],
    ['**/KEY', 'KEY', false],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'abde', false],
    ['a*a', 'a', false],
    ['***', 'a/b', true],
    ['a.b', 'aXb', false],
    ['a.b', 'a.b', true],
    ['[ab]', 'a', false],
    ['(a|b)+', 'a', false],
    ['^a$', 'a', false],
    ['\\w', 'a', false],
    ['a?', 'ab', false],
    ['', 'a', false],
    ['A', 'a', false],
    ['orders/*/KEY', 'orders//KEY', true],
  ];
  for (const [glob, where, matches] of cases) {
    it(`${glob} ${matches ? 'means' : 'does not mean'} ${where}`, () => {
      expect(globMatches(glob, where)).to.equal(matches);
    });
  }

  it('of two hundred stars are quick', () => {
    const startedAt = performance.now();
    expect(globMatches(`${'*a'.repeat(200)}*b`, 'a'.repeat(512))).to.be.false;
    expect(globMatches(`${'**/a*'.repeat(100)}b`, 'a/'.repeat(250))).to.be.false;
    expect(performance.now() - startedAt).to.be.below(5_000);
  });
});
