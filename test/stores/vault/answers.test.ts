import { expect } from 'chai';
import { retryAfterMs } from '../../../operator/stores/vault/answers.ts';

describe('how long a server wants to be left alone', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const said: Readonly<Record<string, number | undefined>> = {
    '0': 0,
    '5': 5_000,
    '60': 60_000,
    '61': 60_000,
    '9999999999': 60_000,
    'Thu, 01 Jan 2026 00:00:07 GMT': 7_000,
    'Thu, 01 Jan 2026 01:00:00 GMT': 60_000,
    'Wed, 31 Dec 2025 23:00:00 GMT': 0,
    soon: undefined,
  };
  for (const [header, expected] of Object.entries(said))
    it(`is ${expected === undefined ? 'nothing' : `${expected} ms`} by "${header}"`, () => {
      expect(retryAfterMs(header, now)).to.equal(expected);
    });

  it('is nothing where it does not say', () => {
    expect(retryAfterMs(undefined, now)).to.equal(undefined);
  });
});
