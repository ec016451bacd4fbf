import { expect } from 'chai';
import { SeenChanges } from '../../../operator/stores/database/seen-changes.ts';

describe('changes that were seen', () => {
  let told: string[];
  let seen: SeenChanges;
  const news = (horizon: string, changes: Record<string, string> = {}) => {
    const rows = Object.entries(changes).map(([key, changed]) => ({ horizon, key, changed }));
    seen.asked(rows.length === 0 ? [{ horizon, key: null, changed: null }] : rows);
  };

  beforeEach(() => {
    told = [];
    seen = new SeenChanges((keys) => told.push(...keys));
  });

  it('are nobody’s news before the first answer', () => {
    expect(seen.began).to.be.false;
    expect(seen.since).to.equal(null);
    news('100', { a: '100' });
    expect(told).to.deep.equal([]);
    expect(seen.began).to.be.true;
    expect(seen.since).to.equal('100');
  });

  it('are told once, whether by notification or by asking', () => {
    news('100');
    seen.notified('100:a');
    news('101', { a: '100', b: '100' });
    seen.notified('100:b');
    expect(told).to.deep.equal(['a', 'b']);
  });

  it('are told again when another transaction changes the key', () => {
    news('100');
    seen.notified('100:a');
    seen.notified('101:a');
    news('102', { a: '103' });
    expect(told).to.deep.equal(['a', 'a', 'a']);
  });

  it('are told when they were committed after later ones', () => {
    news('100');
    news('100', { late: '105' });
    news('106', { early: '100', late: '105' });
    expect(told).to.deep.equal(['late', 'early']);
  });

  it('are all that there is when numbers went back: the server is another one', () => {
    news('5000');
    news('90');
    expect(seen.since).to.equal('0');
    news('91', { a: '12', b: '4000' });
    expect(told).to.deep.equal(['a', 'b']);
    expect(seen.since).to.equal('91');
  });

  it('are not read out of what is no notification of ours', () => {
    news('1');
    for (const payload of ['', 'a', ':a', '12:', 'x:a', '-1:a', '12:a\nb']) seen.notified(payload);
    expect(told).to.deep.equal([]);
    seen.notified('12:a:b');
    expect(told).to.deep.equal(['a:b']);
  });
});
