import { expect } from 'chai';
import { mergeConditions, timestamp, type DesiredCondition } from '../../operator/api/conditions.ts';
import { durationMs } from '../../operator/api/duration.ts';

describe('conditions', () => {
  const desired: DesiredCondition = { type: 'Ready', status: 'True', reason: 'Connected', message: 'It answers.' };
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second, 999));
  const first = mergeConditions(undefined, [desired], { now: at(1), generation: 1 });

  it('carry the time to the second, as Kubernetes keeps it', () => {
    expect(first[0]?.lastTransitionTime).to.equal('2026-01-01T00:00:01Z');
    expect(timestamp(at(2))).to.equal('2026-01-01T00:00:02Z');
  });

  it('stay deeply equal while nothing changes, whatever the clock says', () => {
    expect(mergeConditions(first, [desired], { now: at(50), generation: 1 })).to.deep.equal(first);
  });

  it('keep their time when only reason, message or generation change', () => {
    const [after] = mergeConditions(first, [{ ...desired, reason: 'Injecting', message: 'x' }], {
      now: at(9),
      generation: 2,
    });
    expect(after).to.include({
      lastTransitionTime: '2026-01-01T00:00:01Z',
      reason: 'Injecting',
      observedGeneration: 2,
    });
  });

  it('take a new time when their status changes', () => {
    const [after] = mergeConditions(first, [{ ...desired, status: 'False' }], { now: at(9), generation: 1 });
    expect(after?.lastTransitionTime).to.equal('2026-01-01T00:00:09Z');
  });
});

describe('durations', () => {
  it('are milliseconds', () => {
    const cases = { '30s': 30_000, '1h30m': 5_400_000, '1.5s': 1_500, '250ms': 250, '1m1ms': 60_001 };
    for (const [text, ms] of Object.entries(cases)) expect(durationMs(text), text).to.equal(ms);
  });

  it('are refused in any other form', () => {
    for (const text of ['', '30', 's', '-1s', '1d', '1 s', '30s ', '1e3s'])
      expect(() => durationMs(text), text).to.throw(RangeError);
  });
});
