import { expect } from 'chai';
import { specTime } from '../../../operator/controllers/missed-injection/spec-time.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';

const CREATED = '2026-01-01T10:00:00Z';
const LATER = '2026-01-01T11:00:00Z';
const LATEST = '2026-01-02T09:00:00Z';
const spec = { 'f:spec': { 'f:selector': {} } };

function written(...managedFields: object[]): KubeObject {
  return { metadata: { name: 'orders', creationTimestamp: CREATED, managedFields } as KubeObject['metadata'] };
}

describe('when a spec was last written', () => {
  const cases: Record<string, { object: KubeObject; time: string }> = {
    'is the latest time at which somebody wrote it': {
      object: written({ fieldsV1: spec, time: LATEST }, { fieldsV1: spec, time: LATER }),
      time: LATEST,
    },
    'is not when somebody wrote labels': {
      object: written({ fieldsV1: spec, time: LATER }, { fieldsV1: { 'f:metadata': {} }, time: LATEST }),
      time: LATER,
    },
    'is not when the status was written': {
      object: written({ fieldsV1: spec, time: LATER }, { fieldsV1: spec, time: LATEST, subresource: 'status' }),
      time: LATER,
    },
    'is its creation when nothing else tells': { object: written(), time: CREATED },
  };
  for (const [name, { object, time }] of Object.entries(cases)) {
    it(name, () => {
      expect(specTime(object)).to.equal(time);
    });
  }

  it('is its creation when the API server keeps no times', () => {
    expect(specTime({ metadata: { name: 'orders', creationTimestamp: CREATED } })).to.equal(CREATED);
  });
});
