import { expect } from 'chai';
import { appNameLabel, matchesApplication } from '../../operator/injection/applications.ts';

describe('application names', () => {
  // As KubernetesConfSuite of Spark has them, and what its rule says for more.
  const labels: Record<string, string> = {
    '  Orders ETL ': 'orders-etl',
    'orders_etl/v1.2': 'orders-etl-v1-2',
    '-orders--etl-': 'orders-etl',
    'Größe 🔑': 'gr-e',
    ['a'.repeat(64)]: 'a'.repeat(63),
    [`${'a'.repeat(62)}-b`]: 'a'.repeat(62),
  };
  for (const [name, label] of Object.entries(labels)) {
    it(`makes of "${name}" the label that Spark makes`, () => {
      expect(appNameLabel(name)).to.equal(label);
    });
  }

  const matches: [string, string, boolean][] = [
    ['orders-etl', 'orders-etl', true],
    ['orders-etl', 'orders-etl-2', false],
    ['Orders ETL', 'orders-etl', true],
    ['a'.repeat(80), 'a'.repeat(63), true],
    ['*', 'anything', true],
    ['*', '', true],
    ['orders-*', 'orders-etl', true],
    ['orders-*', 'orders', false],
    ['orders-*', 'my-orders-etl', false],
    ['Orders *', 'orders-etl', true],
    ['*-etl', 'orders-etl', true],
    ['*-etl', 'orders-etl-2', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c', false],
    ['ab*ba', 'aba', false],
    ['orders.*', 'orders-etl', true],
    ['orders.etl', 'orders-etl', true],
    ['ord?rs', 'orders', false],
  ];
  for (const [pattern, label, expected] of matches) {
    it(`${expected ? 'means' : 'does not mean'} the application "${label}" by "${pattern}"`, () => {
      expect(matchesApplication(pattern, label)).to.equal(expected);
    });
  }

  it('takes no time over a pattern made to take long', () => {
    const before = performance.now();
    expect(matchesApplication(`${'*a'.repeat(120)}*b`, 'a'.repeat(63))).to.be.false;
    expect(performance.now() - before).to.be.below(5_000);
  });
});
