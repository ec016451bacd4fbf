import { X509Certificate } from 'node:crypto';
import type { CertificateState } from './certificate-state.ts';
import { CERTIFICATE_TIMES } from './certificate-times.ts';
import type { CertificateTimes } from './certificate-times.ts';
import type { KeyPair } from './certificates.ts';
import { isFor } from './serving-names.ts';

/**
 * One write of the certificate Secret.
 *
 * - `anew`: nothing usable is there: a new authority and a new serving certificate.
 * - `renew`: a new serving certificate of the present authority.
 * - `prepare`: the next authority, trusted but not signing yet.
 * - `promote`: the next authority signs from now on, the old one stays trusted.
 * - `retire`: the old authority is no longer trusted.
 */
export type Action = 'anew' | 'renew' | 'prepare' | 'promote' | 'retire';

/** The next write, and when to look again if nothing changes before. */
export interface Plan {
  readonly action: Action | 'keep';
  readonly checkAt: Date;
}

// A look now and then costs one read of a cache and repairs a missed timer.
const LONGEST_MS = 24 * 3_600_000;

/**
 * What to do about the webhook's certificates. Each action is one atomic write of the Secret and is safe to be the last
 * one for a while: at any time the served certificate is signed by an authority that is already trusted.
 */
export function planCertificates(
  state: CertificateState | undefined,
  now: Date,
  names: readonly string[],
  times = CERTIFICATE_TIMES,
): Plan {
  const time = now.getTime();
  // One that only starts later was made by a clock that was ahead: nobody accepts it.
  if (state === undefined || lifeOf(state.authority).start > time) return { action: 'anew', checkAt: now };
  if (state.serving !== undefined && lifeOf(state.serving).start > time) return { action: 'renew', checkAt: now };
  const due = dueDates(state, names, times);
  const action = ORDER.find((candidate) => due[candidate] <= time);
  if (action !== undefined) return { action, checkAt: now };
  return { action: 'keep', checkAt: new Date(Math.min(...Object.values(due), time + LONGEST_MS)) };
}

/** What comes first when several are due: what makes the webhook answer again, then what the next step waits for. */
const ORDER = ['anew', 'promote', 'renew', 'retire', 'prepare'] as const satisfies readonly Action[];
const NOW = Number.NEGATIVE_INFINITY;
const NEVER = Number.POSITIVE_INFINITY;

/** When each action is due, in milliseconds since 1970. */
function dueDates(
  state: CertificateState,
  names: readonly string[],
  times: CertificateTimes,
): Readonly<Record<Action, number>> {
  const { next, previous, serving, nextTrustedSince } = state;
  const authority = lifeOf(state.authority);
  // Nobody trusts an authority that ended: the next one can't be worse, trusted or not.
  const settled = nextTrustedSince === undefined ? authority.end : nextTrustedSince.getTime() + times.settleMs;
  const told = next === undefined ? NEVER : lifeOf(next).start + times.overlapMs;
  return {
    anew: next === undefined ? authority.end : NEVER,
    promote: next === undefined ? NEVER : Math.min(Math.max(settled, told), authority.end),
    renew: serving === undefined || !isForAll(serving, names) ? NOW : renewalOf(lifeOf(serving), authority),
    retire: previous === undefined || serving === undefined ? NEVER : lifeOf(serving).start + times.retireMs,
    prepare: next === undefined ? authority.renew : NEVER,
  };
}

/** A certificate that lives as long as its authority would not get longer by being renewed. */
function renewalOf(serving: Life, authority: Life): number {
  return serving.end < authority.end ? serving.renew : authority.end;
}

interface Life {
  readonly start: number;
  readonly renew: number;
  readonly end: number;
}

function lifeOf(pair: KeyPair): Life {
  const certificate = new X509Certificate(pair.cert);
  const start = certificate.validFromDate.getTime();
  const end = certificate.validToDate.getTime();
  return { start, end, renew: start + ((end - start) * 2) / 3 };
}

function isForAll(pair: KeyPair, names: readonly string[]): boolean {
  const certificate = new X509Certificate(pair.cert);
  return names.every((name) => isFor(certificate, name));
}
