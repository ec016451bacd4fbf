import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import { orAborted } from '../or-aborted.ts';
import type { Answer } from './answers.ts';
import type { Ask } from './connection.ts';
import { isValidToken, type Grant, type Login } from './login.ts';
import { TokenRenewal } from './renewal.ts';
import type { AskOptions, Requests } from './requests.ts';

/** How long a login or a look at a token may take, whoever waits for it. Milliseconds. */
const LOGIN_MS = 8_000;
/** A token that was found good a moment ago is not looked at again for what it was refused before. Milliseconds. */
const GOOD_MS = 1_000;
/** Of so many refused paths it is remembered. */
const MOST_REFUSED = 1_000;
/** Logins that were refused: the first and the longest pause. Servers lock out those who try too often. Milliseconds. */
const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 30_000;

interface Held {
  readonly grant: Grant;
  /** What it was made with. */
  readonly credential: SecretValue;
  readonly renewal: TokenRenewal;
  /** When the server last accepted the token, by `performance.now()`. */
  goodAt: number;
  /** When it was last looked at because a request was refused. */
  lookedAt: number;
  /** Paths that were refused though the token was good. One that was not is news: the token may have ended since. */
  readonly refused: Set<string>;
}

/** A login that was refused, and until when it is not tried again with the same credential. */
interface Refusal {
  readonly error: OperatorError;
  readonly credential: SecretValue;
  readonly tries: number;
  readonly until: number;
}

/**
 * The operator's token at one server: one login for all requests, renewed before it ends, made anew when the server no
 * longer knows it.
 */
export class Session {
  readonly #login: Login;
  readonly #requests: Requests;
  readonly #closed = new AbortController();
  #held: Held | undefined;
  #entering: Promise<Held> | undefined;
  #looking: Promise<boolean> | undefined;
  #refusal: Refusal | undefined;

  constructor(login: Login, requests: Requests) {
    this.#login = login;
    this.#requests = requests;
  }

  /**
   * Sends a request with the token. An answer of 403 means that the policies refuse it: a token that the server no longer
   * knows is replaced first. Throws AuthenticationFailed when that fails.
   */
  async ask(ask: Ask, options: AskOptions): Promise<Answer> {
    const held = await this.#enter(options.signal);
    const answer = await this.#send(held, ask, options);
    if (answer.status !== 403 || (await this.#isGood(held, ask.path, options.signal))) return answer;
    this.#drop(held);
    return this.#send(await this.#enter(options.signal), ask, options);
  }

  /** Who is logged in, for a sentence that stays the same while nothing changes. */
  async describe(signal: AbortSignal): Promise<string> {
    const { grant } = await this.#enter(signal);
    const policies = grant.policies.length > 0 ? ` with policies ${grant.policies.join(', ')}` : '';
    const ends = grant.ends === undefined ? '' : `; that token ends at ${grant.ends}: replace it before`;
    return `logged in by ${this.#login.name}${policies}${ends}`;
  }

  /** Takes a credential that changed. Throws CredentialsMissing when it is gone. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (!this.#login.steady) return;
    const credential = await this.#login.credential(signal);
    if (this.#held && !this.#held.credential.equals(credential)) this.#drop(this.#held);
  }

  /**
   * Asks nothing while there is a token. After a login that was refused it tries again, so that a server that answers but
   * refuses the operator does not seem to be well. Throws AuthenticationFailed.
   */
  async confirm(signal: AbortSignal): Promise<void> {
    if (this.#held === undefined && this.#refusal) await this.#enter(signal);
  }

  /** Whether the server accepted the token within so many milliseconds. */
  wasGoodWithin(ms: number): boolean {
    return this.#held !== undefined && performance.now() - this.#held.goodAt < ms;
  }

  close(): void {
    this.#closed.abort(new OperatorError('StoreUnreachable', 'it was closed'));
    this.#held?.renewal.stop();
  }

  async #send(held: Held, ask: Ask, options: AskOptions): Promise<Answer> {
    const answer = await this.#requests.send({ ...ask, token: held.grant.token }, options);
    if (answer.status !== 403) held.goodAt = performance.now();
    return answer;
  }

  /** The token, after a login when there is none. */
  async #enter(signal: AbortSignal): Promise<Held> {
    signal.throwIfAborted();
    if (this.#held && !this.#held.renewal.ended) return this.#held;
    return orAborted(this.#enterAnew(), signal);
  }

  #enterAnew(): Promise<Held> {
    this.#entering ??= this.#logIn().finally(() => {
      this.#entering = undefined;
    });
    return this.#entering;
  }

  async #logIn(): Promise<Held> {
    const signal = this.#limit();
    try {
      const credential = await this.#login.credential(signal);
      const grant = await this.#grant(credential, signal);
      return this.#hold(grant, credential);
    } catch (error) {
      if (this.#closed.signal.aborted || !signal.aborted) throw error;
      throw new OperatorError('StoreUnreachable', `no answer to the login within ${LOGIN_MS / 1000} s`);
    }
  }

  async #grant(credential: SecretValue, signal: AbortSignal): Promise<Grant> {
    const refusal = this.#refusal;
    const isSame = !this.#login.steady || refusal?.credential.equals(credential);
    if (refusal && isSame && performance.now() < refusal.until) throw refusal.error;
    try {
      const grant = await this.#login.grant(credential, { signal });
      this.#refusal = undefined;
      return grant;
    } catch (error) {
      if (OperatorError.is(error, 'AuthenticationFailed')) this.#refuse(error, credential);
      throw error;
    }
  }

  #hold(grant: Grant, credential: SecretValue): Held {
    const renewal = new TokenRenewal(grant, {
      renew: () => this.#requests.send(renewalOf(grant.token), { signal: this.#limit() }),
      // The old one serves until there is another.
      ...(this.#login.makesTokens && { replace: () => this.#enterAnew() }),
    });
    this.#held?.renewal.stop();
    this.#held = { grant, credential, renewal, goodAt: performance.now(), lookedAt: -Infinity, refused: new Set() };
    if (this.#closed.signal.aborted) renewal.stop();
    return this.#held;
  }

  #refuse(error: OperatorError, credential: SecretValue): void {
    const tries = (this.#refusal?.tries ?? 0) + 1;
    const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
    this.#refusal = { error, credential, tries, until: performance.now() + pause };
  }

  /** Whether the server still knows a token that it refused something; asked once for all that wonder. */
  async #isGood(held: Held, path: string, signal: AbortSignal): Promise<boolean> {
    if (this.#held !== held) return false;
    if (performance.now() - held.lookedAt < GOOD_MS && held.refused.has(path)) return true;
    this.#looking ??= this.#look(held).finally(() => {
      this.#looking = undefined;
    });
    const isGood = await orAborted(this.#looking, signal);
    if (isGood) {
      if (held.refused.size >= MOST_REFUSED) held.refused.clear();
      held.refused.add(path);
    }
    return isGood;
  }

  async #look(held: Held): Promise<boolean> {
    const isGood = await isValidToken(this.#requests, held.grant.token, { signal: this.#limit() });
    if (isGood) held.lookedAt = performance.now();
    return isGood;
  }

  #drop(held: Held): void {
    if (this.#held !== held) return;
    held.renewal.stop();
    this.#held = undefined;
  }

  #limit(): AbortSignal {
    return AbortSignal.any([this.#closed.signal, AbortSignal.timeout(LOGIN_MS)]);
  }
}

function renewalOf(token: SecretValue): Ask {
  return { method: 'POST', path: '/auth/token/renew-self', json: {}, token };
}
