import { createHash, randomBytes } from 'node:crypto';
import { AlreadyExistsError } from './api-error.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeKind, KubeObject } from './kube-object.ts';
import { quietly } from './quietly.ts';
import { remember } from './remember.ts';

/** The object that an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  /** '' for cluster-wide objects: their events are kept in `default`, as kubectl expects. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Where events go, and under which name. */
export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Shown as From in `kubectl describe`. */
  readonly component: string;
  /** Name of this process, for `reportingInstance`. */
  readonly instance: string;
  /** An event could not be written. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds, monotonic; for tests. */
  readonly now?: () => number;
}

/** Of an event that is written once. `message` must hold no secret. */
export interface EventOnce {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** What tells it from other events of this reason about the same object. */
  readonly occasion: string;
}

/** The core kind: `kubectl describe` reads its source, count and times, which events.k8s.io leaves empty. */
export const EVENT: KubeKind = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };

const SAME_WORDS_MS = 10 * 60_000;
const MOST_REMEMBERED = 2_000;
/** client-go's broadcaster allows a burst of 25 per object; ours is for the process, and refills one a second. */
const BURST = 25;
const REFILL_MS = 1_000;
/** The API server refuses longer ones. */
const LONGEST_MESSAGE = 1_024;
const LONGEST_NAME = 200;

/**
 * Writes Kubernetes events, for people who run `kubectl describe`.
 *
 * Best effort: the same words about the same object go out once in ten minutes, more than about one a second are
 * dropped, and a failure is only reported. What must be known stands in a condition.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #sentAt = new Map<string, number>();
  readonly #sending = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #tokens = BURST;
  #refilledAt: number;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? ((): number => performance.now());
    this.#refilledAt = this.#now();
  }

  /** Never throws, and doesn't wait. `reason` is CamelCase; `message` must hold no secret. */
  record(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const words = JSON.stringify([subject.uid, subject.namespace, subject.name, reason, message]);
    if (this.#wasSent(words) || !this.#takeToken()) return;
    remember(this.#sentAt, words, this.#now(), MOST_REMEMBERED);
    const sending = this.#send(eventOf(subject, { ...this.#options, type, reason, message }))
      .catch((error: unknown) => {
        this.#sentAt.delete(words); // So that the next occasion is another try.
        if (!this.#abort.signal.aborted) quietly(this.#options.onError, error);
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  /**
   * Writes an event unless there is one of the same subject, reason and occasion, whichever process wrote it: then false.
   * Throws `ApiError`, and knows no limit: for what happens seldom and must be told. The API server forgets events (after an
   * hour, by default), and with them that they were written.
   */
  async recordOnce(subject: EventSubject, once: EventOnce, signal: AbortSignal): Promise<boolean> {
    const event = eventOf(subject, { ...this.#options, ...once });
    const hash = createHash('sha256').update(JSON.stringify([subject.uid, once.reason, once.occasion]));
    const name = eventName(subject, hash.digest('hex').slice(0, 16));
    try {
      await this.#options.client.create(EVENT, { ...event, metadata: { ...event.metadata, name } }, signal);
      return true;
    } catch (error) {
      if (error instanceof AlreadyExistsError) return false;
      throw error;
    }
  }

  /** Waits for what is under way. */
  async flush(): Promise<void> {
    await Promise.all(this.#sending);
  }

  /** Drops what is under way. */
  stop(): void {
    this.#abort.abort();
  }

  async #send(event: KubeObject): Promise<void> {
    await this.#options.client.create(EVENT, event, this.#abort.signal);
  }

  #wasSent(words: string): boolean {
    const sentAt = this.#sentAt.get(words);
    return sentAt !== undefined && this.#now() - sentAt < SAME_WORDS_MS;
  }

  #takeToken(): boolean {
    const refill = Math.floor((this.#now() - this.#refilledAt) / REFILL_MS);
    this.#tokens = Math.min(this.#tokens + refill, BURST);
    this.#refilledAt += refill * REFILL_MS;
    if (this.#tokens === 0) return false;
    this.#tokens--;
    return true;
  }
}

interface Words {
  readonly component: string;
  readonly instance: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

function eventOf(subject: EventSubject, words: Words): KubeObject & Record<string, unknown> {
  const { component, instance, type, reason, message } = words;
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    metadata: {
      namespace: subject.namespace === '' ? 'default' : subject.namespace,
      name: eventName(subject, randomBytes(8).toString('hex')),
    },
    involvedObject: { ...subject },
    type,
    reason,
    message: message.slice(0, LONGEST_MESSAGE),
    source: { component },
    reportingComponent: component,
    reportingInstance: instance,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}

/** A cut name must not end in what may not stand before the dot. */
function eventName({ name }: EventSubject, suffix: string): string {
  return `${name.slice(0, LONGEST_NAME).replace(/[-.]+$/, '')}.${suffix}`;
}
