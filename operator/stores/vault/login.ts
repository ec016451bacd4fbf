import type { SecretValue } from '../../api/secret-value.ts';
import { SecretValue as Value } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { StoreReferences } from '../references.ts';
import { fieldOf, numberOf, textOf, textsOf, type Answer } from './answers.ts';
import type { VaultSpec } from './connection.ts';
import type { AskOptions, Requests } from './requests.ts';
import { credentialText } from './wire.ts';

/** A token and what the server says of it. */
export interface Grant {
  readonly token: SecretValue;
  /** How long it lasts, in milliseconds. Undefined: for ever, or it may not look. */
  readonly ttlMs: number | undefined;
  readonly renewable: boolean;
  readonly policies: readonly string[];
  /** When a token ends that can't be renewed; for people. */
  readonly ends: string | undefined;
}

/** One way to log in. */
export interface Login {
  /** For a sentence: "logged in by …". */
  readonly name: string;
  /** False: the token was made by somebody else, and none can be had in its place. */
  readonly makesTokens: boolean;
  /** What the login is made with. Throws CredentialsMissing or AuthenticationFailed. */
  credential(signal: AbortSignal): Promise<SecretValue>;
  /** Whether the credential stays the same until somebody changes it. */
  readonly steady: boolean;
  /** Throws AuthenticationFailed or StoreUnreachable. */
  grant(credential: SecretValue, options: AskOptions): Promise<Grant>;
}

/** What a login needs. */
export interface LoginParts {
  readonly references: StoreReferences;
  readonly requests: Requests;
}

const HEADER_TOKEN = /^[\x21-\x7e]+$/;

/** The login that a spec asks for. Throws AuthenticationFailed when it asks for none. */
export function loginOf({ auth }: VaultSpec, parts: LoginParts): Login {
  if (auth.tokenSecretRef) return new TokenLogin(auth.tokenSecretRef, parts);
  if (auth.appRole) {
    const { roleId, secretIdSecretRef, mount = 'approle' } = auth.appRole;
    const words = `AppRole at auth/${mount}`;
    const body = (secret: string): object => ({ role_id: roleId, secret_id: secret });
    const hint = `roleId or the secret id in Secret ${secretIdSecretRef.name}, key ${secretIdSecretRef.key}`;
    const credential = (signal: AbortSignal): Promise<SecretValue> => parts.references.value(secretIdSecretRef, signal);
    return new MethodLogin({ mount, words, body, hint, credential, steady: true }, parts);
  }
  for (const kind of ['kubernetes', 'jwt'] as const) {
    const method = auth[kind];
    if (method === undefined) continue;
    const { role, mount = kind, audience } = method;
    const words = `role ${role} at auth/${mount}`;
    const body = (jwt: string): object => ({ role, jwt });
    const hint = `role ${role}, its bound ServiceAccount or its audience`;
    const credential = (signal: AbortSignal): Promise<SecretValue> => parts.references.identity(audience, signal);
    return new MethodLogin({ mount, words, body, hint, credential, steady: false }, parts);
  }
  throw new OperatorError('AuthenticationFailed', 'auth names no way to log in');
}

/** A token that a Secret holds. */
class TokenLogin implements Login {
  readonly name: string;
  readonly makesTokens = false;
  readonly steady = true;
  readonly #ref: { readonly name: string; readonly key: string };
  readonly #parts: LoginParts;

  constructor(ref: { readonly name: string; readonly key: string }, parts: LoginParts) {
    this.#ref = ref;
    this.#parts = parts;
    this.name = `the token in Secret ${ref.name}`;
  }

  async credential(signal: AbortSignal): Promise<SecretValue> {
    return this.#parts.references.value(this.#ref, signal);
  }

  async grant(token: SecretValue, options: AskOptions): Promise<Grant> {
    const { name, key } = this.#ref;
    if (!HEADER_TOKEN.test(credentialText(token)))
      throw new OperatorError('AuthenticationFailed', `what Secret ${name} holds under ${key} is no token`);
    const answer = await this.#parts.requests.send({ method: 'GET', path: '/auth/token/lookup-self', token }, options);
    if (answer.status === 200) return describedGrant(token, answer);
    if (await isValidToken(this.#parts.requests, token, options))
      return { token, ttlMs: undefined, renewable: false, policies: [], ends: undefined };
    throw new OperatorError(
      'AuthenticationFailed',
      `the token in Secret ${name}, key ${key}, has ended or was revoked: put a new one there`,
    );
  }
}

/**
 * Whether the server knows a token. `sys/internal/ui/mounts` answers to every valid token, whatever its policies, while a
 * token without the policy "default" may not even look at itself.
 */
export async function isValidToken(requests: Requests, token: SecretValue, options: AskOptions): Promise<boolean> {
  const { status } = await requests.send({ method: 'GET', path: '/sys/internal/ui/mounts', token }, options);
  return status !== 403;
}

function describedGrant(token: SecretValue, { body }: Answer): Grant {
  const ttl = numberOf(body, 'data', 'ttl') ?? 0;
  const renewable = fieldOf(body, 'data', 'renewable') === true;
  return {
    token,
    ttlMs: ttl > 0 ? ttl * 1000 : undefined,
    renewable,
    policies: textsOf(body, 'data', 'policies'),
    ends: renewable ? undefined : textOf(body, 'data', 'expire_time'),
  };
}

interface Method {
  readonly mount: string;
  readonly words: string;
  /** What to look at when the login is refused. */
  readonly hint: string;
  readonly steady: boolean;
  readonly body: (credential: string) => object;
  readonly credential: (signal: AbortSignal) => Promise<SecretValue>;
}

/** A login at an auth method, which makes a token. */
class MethodLogin implements Login {
  readonly name: string;
  readonly makesTokens = true;
  readonly steady: boolean;
  readonly #method: Method;
  readonly #path: string;
  readonly #requests: Requests;

  constructor(method: Method, { requests }: LoginParts) {
    this.#method = method;
    this.#requests = requests;
    this.name = method.words;
    this.steady = method.steady;
    const segments = method.mount.replace(/^\/|\/$/g, '').split('/');
    if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
      throw new OperatorError(
        'AuthenticationFailed',
        `auth mount ${JSON.stringify(method.mount)} is no name of a mount`,
      );
    this.#path = `/auth/${segments.map(encodeURIComponent).join('/')}/login`;
  }

  async credential(signal: AbortSignal): Promise<SecretValue> {
    return this.#method.credential(signal);
  }

  async grant(credential: SecretValue, options: AskOptions): Promise<Grant> {
    const json = this.#method.body(credentialText(credential));
    const answer = await this.#requests.send({ method: 'POST', path: this.#path, json }, options);
    const token = textOf(answer.body, 'auth', 'client_token');
    if (token === undefined || !HEADER_TOKEN.test(token))
      throw new OperatorError(
        'AuthenticationFailed',
        `it refused the login by ${this.#method.words} (HTTP ${answer.status}): look at ${this.#method.hint}, and whether that auth method is mounted`,
      );
    const seconds = numberOf(answer.body, 'auth', 'lease_duration') ?? 0;
    return {
      token: Value.fromText(token),
      ttlMs: seconds > 0 ? seconds * 1000 : undefined,
      renewable: fieldOf(answer.body, 'auth', 'renewable') === true,
      policies: textsOf(answer.body, 'auth', 'policies'),
      ends: undefined,
    };
  }
}
