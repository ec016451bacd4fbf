import { X509Certificate } from 'node:crypto';
import type { Logger } from '../telemetry/logger.ts';
import type { Certificate, CertificateView } from './certificate-view.ts';

export interface ServedCertificateOptions {
  readonly view: Pick<CertificateView, 'certificate' | 'problem'>;
  /** The authorities that the world trusts by now, as the leader says in the ConfigMap; none: it did not say yet. */
  readonly trusted: () => readonly string[];
  /** Serves with these from the next handshake on. */
  readonly serve: (chain: string, key: string) => void;
  readonly logger: Logger;
  readonly now?: () => Date;
  /** Milliseconds; default `SETTLE_MS` and `PATIENCE_MS`. */
  readonly settleMs?: number;
  readonly patienceMs?: number;
}

/** API servers learn by a watch whom to trust, usually within a second. */
export const SETTLE_MS = 5_000;
/** So long a replica that serves nothing yet waits until its first certificate is trusted. */
export const PATIENCE_MS = 10_000;
const LONGEST_TIMER_MS = 3_600_000;

/**
 * Which certificate a replica serves; on every replica. Call `look` when the Secret or the ConfigMap changes.
 *
 * One of an authority that was trusted before is served at once. One of a new authority (another issuer, a Secret that
 * was deleted) has to wait until that is trusted: meanwhile the present one goes on, as long as it is good.
 */
export class ServedCertificate {
  readonly #options: ServedCertificateOptions;
  readonly #now: () => Date;
  #served: Certificate | undefined;
  #waiting: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #known: Known | undefined;

  constructor(options: ServedCertificateOptions) {
    this.#options = options;
    this.#now = options.now ?? ((): Date => new Date());
    // Whoever waits for a certificate is told what is missing.
    this.#lookAfter(options.patienceMs ?? PATIENCE_MS);
  }

  /** All by which the certificate may be signed, now or soon: for who is told once whom to trust. */
  get authorities(): readonly string[] {
    const trusted = this.#options.trusted();
    const { certificate } = this.#options.view;
    if (this.#known?.trusted !== trusted || this.#known.certificate !== certificate)
      this.#known = { trusted, certificate, all: [...new Set([...(certificate?.authorities ?? []), ...trusted])] };
    return this.#known.all;
  }

  look(): void {
    const { view, serve, logger } = this.#options;
    const next = view.certificate;
    if (next === undefined || next === this.#served) return;
    const isNew = next.chain !== this.#served?.chain;
    const isFirst = next.chain !== this.#waiting?.chain;
    const waitMs = isNew ? this.#waitFor(next) : 0;
    if (waitMs > 0) {
      if (isFirst) logger.info({ waitMs }, 'new certificate waits until its authority is trusted');
      this.#lookAfter(waitMs);
      return;
    }
    this.#lookAfter(undefined);
    this.#served = next;
    this.#waiting = undefined;
    if (isNew) serve(next.chain, next.key);
  }

  /** Milliseconds until it may be served. */
  #waitFor({ chain, authorities: [signing] }: Certificate): number {
    const now = this.#now().getTime();
    const trusted = this.#options.trusted();
    const isTrusted = trusted.length === 0 || trusted.includes(signing);
    if (this.#waiting?.chain !== chain) this.#waiting = { chain, seen: now };
    const waiting = this.#waiting;
    waiting.trusted = isTrusted ? (waiting.trusted ?? now) : undefined;
    const wasTrusted = this.#served?.authorities.includes(signing) !== false;
    return isTrusted && wasTrusted ? 0 : this.#end(waiting) - now;
  }

  /** When it is served at last. */
  #end({ seen, trusted = Number.POSITIVE_INFINITY }: Waiting): number {
    const { patienceMs = PATIENCE_MS, settleMs = SETTLE_MS } = this.#options;
    if (this.#served === undefined) return seen + patienceMs;
    return Math.min(trusted + settleMs, new X509Certificate(this.#served.chain).validToDate.getTime());
  }

  #lookAfter(ms: number | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (ms === undefined) return;
    const onTime = (): void => {
      this.#timer = undefined;
      this.#complain();
      this.look();
    };
    this.#timer = setTimeout(onTime, Math.min(ms, LONGEST_TIMER_MS)).unref();
  }

  #complain(): void {
    const { view, logger } = this.#options;
    if (this.#served === undefined && view.certificate === undefined)
      logger.warn({ problem: view.problem }, 'there is no certificate to serve');
  }
}

/** A certificate whose turn has not come: when it was first seen, and since when it is trusted. */
interface Waiting {
  readonly chain: string;
  readonly seen: number;
  trusted?: number | undefined;
}

interface Known {
  readonly trusted: readonly string[];
  readonly certificate: Certificate | undefined;
  readonly all: readonly string[];
}
