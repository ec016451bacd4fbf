import type { SecretKey } from '../../api/secret-key.ts';
import { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { HeldLease, Lease, Leases } from '../store.ts';
import { complains, fieldOf, numberOf, textOf, type Answer } from './answers.ts';
import { refused, unexpected } from './kv.ts';
import type { AskOptions, Requests } from './requests.ts';
import type { Session } from './session.ts';

/** What leases stand on. */
export interface VaultLeasesParts {
  readonly session: Session;
  readonly requests: Requests;
  /**
   * The operator's token was made by somebody else and stays: a lease's token may be its child where orphans are not
   * allowed. That of a login is replaced now and then, and would take the credentials of running jobs with it.
   */
  readonly isSteady: boolean;
}

/** Credentials whose lease is not confirmed end after so long. Seconds. */
const UNCONFIRMED_S = 45;
/** For people who look at tokens in the server. */
const DISPLAY_NAME = 'spark-secrets';
const ORPHAN = '/auth/token/create-orphan';
const RENEW_LEASE = '/sys/leases/renew';
const LOOK_UP_LEASE = '/sys/leases/lookup';
/** Of a token or a lease that the server no longer has. */
const GONE = /invalid accessor|lease not found|invalid lease|lease (is )?expired/i;

/** For what a batch token gets, mostly. */
const NO_TOKENS =
  'for credentials on lease the operator makes tokens, which a batch token can not: set token_type=service on its role';

interface Child {
  readonly token: SecretValue;
  readonly accessor: string;
}

/**
 * Credentials that secrets engines make (database, AWS, …). Each lease belongs to a token of its own, by whose accessor it
 * is kept and ended: the token itself is only used to ask for the credentials and then dropped. It lasts 45 s unless it is
 * confirmed, so that what the operator never got to note ends by itself. A handle is `ACCESSOR LEASE_ID`.
 */
export class VaultLeases implements Leases {
  readonly #parts: VaultLeasesParts;

  constructor(parts: VaultLeasesParts) {
    this.#parts = parts;
  }

  async lease(path: SecretKey, owner: string, signal: AbortSignal): Promise<Lease> {
    const options = { signal };
    const child = await this.#child(owner, options);
    try {
      const answer = await this.#parts.requests.send(
        { method: 'GET', path: apiPath(path), token: child.token },
        options,
      );
      return leaseIn(answer, path, child);
    } catch (error) {
      await this.#drop(child);
      throw error;
    }
  }

  async keep({ handle, owner }: HeldLease, signal: AbortSignal): Promise<{ readonly ttlMs: number }> {
    const { accessor, leaseId } = partsOf(handle);
    const left = await this.#renewLease(leaseId, { signal });
    const renewal = { accessor, increment: `${Math.max(left, UNCONFIRMED_S)}s` };
    const answer = await this.#post('/auth/token/renew-accessor', renewal, { signal });
    if (answer.status !== 200) throw failure(answer, '/auth/token/renew-accessor');
    if (textOf(answer.body, 'auth', 'metadata', 'owner') !== owner) throw gone();
    return { ttlMs: Math.min(left, numberOf(answer.body, 'auth', 'lease_duration') ?? 0) * 1000 };
  }

  async revoke({ handle, owner }: HeldLease, signal: AbortSignal): Promise<void> {
    const { accessor } = partsOf(handle);
    const seen = await this.#post('/auth/token/lookup-accessor', { accessor }, { signal });
    if (isGone(seen)) return;
    if (seen.status !== 200) throw failure(seen, '/auth/token/lookup-accessor');
    if (textOf(seen.body, 'data', 'meta', 'owner') !== owner) return;
    const answer = await this.#post('/auth/token/revoke-accessor', { accessor }, { signal });
    if (answer.status >= 300 && !isGone(answer)) throw failure(answer, '/auth/token/revoke-accessor');
  }

  async #child(owner: string, options: AskOptions): Promise<Child> {
    const token = {
      ttl: `${UNCONFIRMED_S}s`,
      type: 'service',
      renewable: true,
      display_name: DISPLAY_NAME,
      meta: { owner },
    };
    let answer = await this.#post(ORPHAN, token, options);
    if (answer.status === 403 && this.#parts.isSteady) answer = await this.#post('/auth/token/create', token, options);
    const made = textOf(answer.body, 'auth', 'client_token');
    const accessor = textOf(answer.body, 'auth', 'accessor');
    if (answer.status === 400) throw new OperatorError('AuthenticationFailed', NO_TOKENS);
    if (made === undefined || accessor === undefined) throw failure(answer, ORPHAN);
    return { token: SecretValue.fromText(made), accessor };
  }

  /** Ends at once what nobody will use. Should it fail, the token ends by itself. */
  async #drop({ token }: Child): Promise<void> {
    const signal = AbortSignal.timeout(2_000);
    const ask = { method: 'POST', path: '/auth/token/revoke-self', json: {}, token } as const;
    await this.#parts.requests.send(ask, { signal }).catch(() => undefined);
  }

  /** Returns for how many seconds it lasts. One that can't be renewed lasts as long as it does. */
  async #renewLease(leaseId: string, options: AskOptions): Promise<number> {
    const answer = await this.#post(RENEW_LEASE, { lease_id: leaseId }, options);
    if (answer.status === 200) return numberOf(answer.body, 'lease_duration') ?? 0;
    if (answer.status === 403) throw failure(answer, RENEW_LEASE);
    const seen = await this.#post(LOOK_UP_LEASE, { lease_id: leaseId }, options);
    if (seen.status !== 200) throw failure(seen, LOOK_UP_LEASE);
    return numberOf(seen.body, 'data', 'ttl') ?? 0;
  }

  async #post(path: string, json: object, options: AskOptions): Promise<Answer> {
    return this.#parts.session.ask({ method: 'POST', path, json }, options);
  }
}

function apiPath(path: SecretKey): string {
  return `/${path.split('/').map(encodeURIComponent).join('/')}`;
}

function leaseIn(answer: Answer, path: SecretKey, { accessor }: Child): Lease {
  const { status, body } = answer;
  if (status === 403) throw refused(path, 'read', apiPath(path));
  if (status === 404 || status === 400)
    throw new OperatorError('KeyRefused', `${path}: the server has no role there: make it, or correct the path`);
  if (status !== 200) throw unexpected(answer);
  const leaseId = textOf(body, 'lease_id') ?? '';
  const data = fieldOf(body, 'data');
  if (leaseId === '' || typeof data !== 'object' || data === null)
    throw new OperatorError('KeyRefused', `${path}: what is there is nothing on lease, such as database/creds/ROLE`);
  const values = Object.entries(data).flatMap(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value)
      ? [[name, SecretValue.fromText(String(value))] as const]
      : [],
  );
  const seconds = Math.min(numberOf(body, 'lease_duration') ?? 0, UNCONFIRMED_S);
  return { handle: `${accessor} ${leaseId}`, values: new Map(values), ttlMs: seconds * 1000 };
}

function partsOf(handle: string): { readonly accessor: string; readonly leaseId: string } {
  const [accessor = '', leaseId = ''] = handle.split(' ');
  return { accessor, leaseId };
}

/** OpenBao says so with 400, Vault also with 403. */
function isGone(answer: Answer): boolean {
  return answer.status >= 400 && complains(answer, GONE);
}

function gone(): OperatorError {
  return new OperatorError('KeyRefused', 'the server no longer has the lease');
}

function failure(answer: Answer, path: string): OperatorError {
  if (isGone(answer)) return gone();
  if (answer.status !== 403) return unexpected(answer);
  return new OperatorError(
    'AuthenticationFailed',
    `for credentials on lease give the operator a policy with "update" on ${path.slice(1)}`,
  );
}
