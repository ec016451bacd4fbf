import { expect } from 'chai';
import { planCertificates } from '../../operator/webhook/certificate-plan.ts';
import type { Action } from '../../operator/webhook/certificate-plan.ts';
import type { CertificateState } from '../../operator/webhook/certificate-state.ts';
import { CERTIFICATE_TIMES } from '../../operator/webhook/certificate-times.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';

const DAY = 86_400_000;
const START = new Date('2026-01-01T00:00:00Z').getTime();
const NAMES = ['svc.ns.svc', 'svc.ns'];

/** The day counts from the start; every pair says on which day it was made. */
interface Row {
  readonly day: number;
  readonly authority?: number;
  readonly serving?: number;
  readonly next?: number;
  readonly previous?: number;
  readonly trustedSince?: number;
  readonly names?: readonly string[];
  readonly expected: Action | 'keep';
}

const { settleMs, retireMs, overlapMs } = CERTIFICATE_TIMES;
const [SETTLE_DAYS, RETIRE_DAYS, OVERLAP_DAYS] = [settleMs / DAY, retireMs / DAY, overlapMs / DAY];

const TABLE: Readonly<Record<string, Row>> = {
  'nothing there: all anew': { day: 0, expected: 'anew' },
  'just made: keep': { day: 0, authority: 0, serving: 0, expected: 'keep' },
  'the serving certificate lost: only that': { day: 1, authority: 0, expected: 'renew' },
  'before two thirds of its life: keep': { day: 59, authority: 0, serving: 0, expected: 'keep' },
  'past two thirds of its life: renew': { day: 61, authority: 0, serving: 0, expected: 'renew' },
  'long after its end, the operator was off: renew': { day: 200, authority: 0, serving: 0, expected: 'renew' },
  'a name was added: renew': { day: 1, authority: 0, serving: 0, names: [...NAMES, '10.0.0.1'], expected: 'renew' },
  'a name is no longer needed: keep': { day: 1, authority: 0, serving: 0, names: ['svc.ns'], expected: 'keep' },
  'the authority past two thirds of its life: prepare': { day: 244, authority: 0, serving: 240, expected: 'prepare' },
  'both past two thirds: first the serving certificate': { day: 244, authority: 0, serving: 180, expected: 'renew' },
  'next one not trusted yet: keep': { day: 245, authority: 0, serving: 240, next: 244, expected: 'keep' },
  'next one trusted, but not for as long as pods may run that were not told of it: keep': {
    ...{ day: 243 + OVERLAP_DAYS, authority: 0, serving: 300, next: 244, trustedSince: 244.5 },
    expected: 'keep',
  },
  'next one trusted for so long: promote': {
    ...{ day: 244 + OVERLAP_DAYS, authority: 0, serving: 300, next: 244, trustedSince: 244.5 },
    expected: 'promote',
  },
  'next one trusted again, but not settled: keep': {
    ...{ day: 340 + SETTLE_DAYS * 0.9, authority: 0, serving: 300, next: 244, trustedSince: 340 },
    expected: 'keep',
  },
  'next one trusted again and settled: promote': {
    ...{ day: 340 + SETTLE_DAYS, authority: 0, serving: 300, next: 244, trustedSince: 340 },
    expected: 'promote',
  },
  'next one never trusted, serving certificate due: renew with the old': {
    ...{ day: 301, authority: 0, serving: 240, next: 244 },
    expected: 'renew',
  },
  'old one just replaced: keep both': { day: 245, authority: 244, serving: 245, previous: 0, expected: 'keep' },
  'old one replaced long enough: retire': {
    ...{ day: 245 + RETIRE_DAYS, authority: 244, serving: 245, previous: 0 },
    expected: 'retire',
  },
  'the authority ended, next one there: promote, trusted or not': {
    day: 366,
    authority: 0,
    serving: 360,
    next: 244,
    expected: 'promote',
  },
  'the authority ended, no next one: all anew': { day: 366, authority: 0, serving: 360, expected: 'anew' },
  'serving certificate ends with its authority: not renewed in vain': {
    ...{ day: 360, authority: 0, serving: 300, next: 244 },
    expected: 'keep',
  },
  'authority made by a clock that was ahead: all anew': { day: 0, authority: 10, serving: 10, expected: 'anew' },
  'serving certificate made by a clock that was ahead: renew': { day: 5, authority: 0, serving: 10, expected: 'renew' },
};

describe('plan of the certificates', () => {
  for (const [name, row] of Object.entries(TABLE)) {
    it(name, async () => {
      const state = await stateOf(row);
      const { action, checkAt } = planCertificates(state, at(row.day), row.names ?? NAMES);
      expect(action).to.equal(row.expected);
      if (action === 'keep') expect(checkAt.getTime()).to.be.greaterThan(at(row.day).getTime());
    });
  }

  it('looks again when the next step is due, at the latest after a day', async () => {
    const early = planCertificates(await stateOf({ day: 0, authority: 0, serving: 0, expected: 'keep' }), at(1), NAMES);
    expect(early.checkAt).to.deep.equal(at(2));
    const state = await stateOf({ day: 0, authority: 0, serving: 300, next: 244, trustedSince: 340, expected: 'keep' });
    expect(planCertificates(state, at(340), NAMES).checkAt).to.deep.equal(new Date(at(340).getTime() + settleMs));
  });
});

function at(day: number): Date {
  return new Date(START + day * DAY);
}

async function stateOf(row: Row): Promise<CertificateState | undefined> {
  if (row.authority === undefined) return undefined;
  const authority = await createAuthority(at(row.authority));
  return {
    authority,
    serving: row.serving === undefined ? undefined : await createServing(authority, NAMES, at(row.serving)),
    next: row.next === undefined ? undefined : await createAuthority(at(row.next)),
    previous: row.previous === undefined ? undefined : (await createAuthority(at(row.previous))).cert,
    nextTrustedSince: row.trustedSince === undefined ? undefined : at(row.trustedSince),
  };
}
