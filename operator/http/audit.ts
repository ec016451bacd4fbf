import { randomBytes } from 'node:crypto';
import type { Logger } from '../telemetry/logger.ts';
import { RateLimit } from './rate-limit.ts';

/** Who it was. */
export interface AuditedCaller {
  readonly name: string;
  /** How many groups they are in: the groups themselves are the cluster's business. */
  readonly groups: number;
  /** The pod that the token was made for, `namespace/name`. */
  readonly pod?: string;
}

/** Somebody did something, or tried to. Never a value, never a token. */
export interface AuditEvent {
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Left out: a try without a token that the cluster knows. */
  readonly caller?: AuditedCaller;
  /** IP address of the other end of the connection, which may be a proxy's. */
  readonly address: string;
  /** `operationId` of the API. */
  readonly operation: string;
  readonly namespace?: string;
  readonly store?: string;
  readonly key?: string;
  /** The namespace in whose name it was done. */
  readonly consumer?: string;
  /** By which binding a pod read. */
  readonly binding?: string;
  readonly version?: string;
  /** `ok`, `created`, `unchanged`, `denied`, a code of operator/errors.ts, or the status of an answer: `404`. */
  readonly result: string;
}

/** Which events somebody wants. */
export interface AuditQuery {
  readonly namespace: string;
  readonly store: string;
  /** Whether events of this key are for them; undefined: an event without key. */
  readonly shows: (key: string | undefined) => boolean;
  readonly limit: number;
  /** As `continue` of the page before. */
  readonly after?: string | undefined;
}

/** Events, newest first; `continue`: there are older ones. */
export interface AuditPage {
  readonly items: readonly AuditEvent[];
  readonly continue?: string;
}

interface Kept {
  readonly number: number;
  readonly event: AuditEvent;
}

/** How many are kept of each kind, apart, so that somebody who is refused can't push out what was done. */
const KEPT = { done: 9_000, denied: 1_000, nameless: 1_000 };
/** Tries without a name cost the one who tries nothing: of a flood only so many are written and kept. */
const NAMELESS = { perSecond: 10, burst: 100 };

/** Writes what was done as lines of the log, at every level of it, and keeps the last 10,000 in memory. */
export class AuditTrail {
  readonly #log: Logger;
  readonly #now: () => Date;
  readonly #kept: Readonly<Record<keyof typeof KEPT, Kept[]>> = { done: [], denied: [], nameless: [] };
  readonly #nameless = new RateLimit(NAMELESS);
  /** Tokens of pages are of this process. */
  readonly #process = randomBytes(4).toString('hex');
  #number = 0;
  #leftOut = 0;

  constructor(logger: Logger, now: () => Date = () => new Date()) {
    this.#log = logger.child({ audit: true }, { level: 'info' });
    this.#now = now;
  }

  record(what: Omit<AuditEvent, 'time'>): void {
    const event: AuditEvent = { time: this.#now().toISOString(), ...what };
    if (event.caller === undefined && this.#nameless.take('') !== undefined) {
      this.#leftOut += 1;
      return;
    }
    this.#write(event);
    const kind = event.caller === undefined ? 'nameless' : event.result === 'denied' ? 'denied' : 'done';
    const kept = this.#kept[kind];
    kept.push({ number: ++this.#number, event });
    if (kept.length > KEPT[kind]) kept.shift();
  }

  /** The events of a store. Undefined: `after` is not a page's of this process. */
  page({ namespace, store, shows, limit, after }: AuditQuery): AuditPage | undefined {
    const before = after === undefined ? Infinity : this.#numberOf(after);
    if (before === undefined) return undefined;
    const isWanted = ({ number, event }: Kept): boolean =>
      number < before && event.namespace === namespace && event.store === store && shows(event.key);
    const found = Object.values(this.#kept)
      .flatMap((kept) => lastOf(kept, limit + 1, isWanted))
      .sort((a, b) => b.number - a.number);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const more = found.length > limit && last !== undefined;
    return {
      items: items.map(({ event }) => event),
      ...(more ? { continue: `${this.#process}-${last.number}` } : {}),
    };
  }

  #write(event: AuditEvent): void {
    const more = event.caller !== undefined || this.#leftOut === 0 ? {} : { leftOut: this.#leftOut };
    if (event.caller === undefined) this.#leftOut = 0;
    // The line has its time already.
    this.#log.info({ ...event, ...more, time: undefined }, 'audit');
  }

  #numberOf(token: string): number | undefined {
    const [process, number] = token.split('-');
    return process === this.#process && /^[0-9]{1,15}$/.test(number ?? '') ? Number(number) : undefined;
  }
}

/** The last `most` that are wanted: the rest need not be looked at. */
function lastOf(kept: readonly Kept[], most: number, isWanted: (one: Kept) => boolean): Kept[] {
  const found: Kept[] = [];
  for (let at = kept.length - 1; at >= 0 && found.length < most; at -= 1) {
    const one = kept[at];
    if (one !== undefined && isWanted(one)) found.push(one);
  }
  return found;
}
