import { expect } from 'chai';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { selects } from '../../operator/injection/select.ts';
import { golden } from './bindings.ts';

describe('selects', () => {
  const pod = golden('spark-3.5-python-proxy-user');
  const cases: Record<string, [BindingSpec['selector'], boolean]> = {
    'a pod with all of the labels': [{ matchLabels: { team: 'orders', 'spark-role': 'driver' } }, true],
    'a pod whose application has a name of the list': [{ applications: ['other', 'orders-*'] }, true],
    'a pod that has both parts': [{ matchLabels: { team: 'orders' }, applications: ['Orders Report'] }, true],
    'no pod that lacks one label': [{ matchLabels: { team: 'orders', stage: 'prod' } }, false],
    'no pod whose label has another value': [{ matchLabels: { team: 'order' } }, false],
    'no pod of another application': [{ applications: ['orders-etl'] }, false],
    'no pod that has only one of two parts': [{ matchLabels: { team: 'orders' }, applications: ['x'] }, false],
    'no pod by an empty selector': [{}, false],
    'no pod by empty parts': [{ matchLabels: {}, applications: [] }, false],
    'no pod by a label that every object inherits': [{ matchLabels: { constructor: 'Object' } }, false],
  };
  for (const [sentence, [selector, expected]] of Object.entries(cases)) {
    it(`means ${sentence}`, () => {
      expect(selects(selector, pod)).to.equal(expected);
    });
  }

  it('means no pod without labels', () => {
    expect(selects({ applications: ['*'] }, { spec: pod.spec })).to.be.false;
  });
});
