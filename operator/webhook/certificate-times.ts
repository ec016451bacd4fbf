/** How long the certificates of the operator's own authority last, in milliseconds. */
export interface CertificateTimes {
  readonly authorityLifeMs: number;
  readonly servingLifeMs: number;
  /** Before it was made a certificate starts: the API server's clock may be behind ours. */
  readonly backdateMs: number;
  /**
   * So long the next authority is trusted before it signs: pods are told whom to trust when they start, and one that runs
   * shorter than this always trusts who signs.
   */
  readonly overlapMs: number;
  /** API servers learn of a changed configuration by a watch, usually within a second; nothing hurries us. */
  readonly settleMs: number;
  /** So long the old authority stays trusted after it last signed: longer than any replica needs to load a certificate. */
  readonly retireMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const CERTIFICATE_TIMES: CertificateTimes = {
  authorityLifeMs: 365 * DAY_MS,
  servingLifeMs: 90 * DAY_MS,
  backdateMs: HOUR_MS,
  overlapMs: 90 * DAY_MS,
  settleMs: 5 * 60_000,
  retireMs: DAY_MS,
};
