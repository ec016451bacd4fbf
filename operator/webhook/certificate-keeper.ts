import { MANAGER } from '../api/group.ts';
import { SECRET, type Secret } from '../api/kinds.ts';
import { AlreadyExistsError, ConflictError } from '../runtime/api-error.ts';
import type { KubeClient } from '../runtime/kube-client.ts';
import type { ObjectMeta } from '../runtime/kube-object.ts';
import type { Lister } from '../runtime/lister.ts';
import { delayUntil, type Reconciler, type Request, type Result } from '../runtime/reconciler.ts';
import type { Logger } from '../telemetry/logger.ts';
import { planCertificates } from './certificate-plan.ts';
import type { Action } from './certificate-plan.ts';
import { decodeSecret, encodeSecret } from './certificate-secret.ts';
import { readCertificateState, writeCertificateState } from './certificate-state.ts';
import type { CertificateState, SecretText } from './certificate-state.ts';
import { CERTIFICATE_TIMES } from './certificate-times.ts';
import type { CertificateTimes } from './certificate-times.ts';
import { createAuthority, createServing } from './certificates.ts';
import type { KeyPair } from './certificates.ts';
import { isTrustedBy } from './webhook-configuration.ts';
import type { WebhookConfiguration } from './webhook-configuration.ts';

export interface CertificateKeeperOptions {
  readonly client: KubeClient;
  /** Must keep the Secret's data: an informer of this one Secret, without a transform that drops it. */
  readonly secrets: Pick<Lister<Secret>, 'get'>;
  readonly configurations: Pick<Lister<WebhookConfiguration>, 'get'>;
  readonly configurationName: string;
  /** `servingNames` of the target. */
  readonly names: readonly string[];
  readonly logger: Logger;
  readonly now?: () => Date;
  readonly times?: CertificateTimes;
}

const NOTHING = { next: undefined, previous: undefined, serving: undefined, nextTrustedSince: undefined };
const TRUST_POLL_MS = 60_000;
const LOST_RACE_MS = 200;

/**
 * Keeps the Secret with the webhook's certificates; on the leader only, but two at once do no harm: each write is
 * compare-and-set, and who loses looks again. The request is the Secret's name. Enqueue it at the start, when the
 * Secret changes and when the webhook configuration changes (that shows which authority the API server trusts).
 */
export class CertificateKeeper implements Reconciler {
  readonly #options: CertificateKeeperOptions;
  readonly #now: () => Date;
  readonly #times: CertificateTimes;
  /** In memory on purpose: a new leader counts from its own first sight, which only makes the wait longer. */
  #trust: { readonly cert: string; readonly since: Date } | undefined;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#now = options.now ?? ((): Date => new Date());
    this.#times = options.times ?? CERTIFICATE_TIMES;
  }

  /** Throws `ApiError`; a lost race is no failure, it looks again soon. */
  async reconcile(request: Request, signal: AbortSignal): Promise<Result> {
    const now = this.#now();
    const secret = this.#options.secrets.get(request.namespace, request.name);
    const state = this.#withTrust(readCertificateState(decodeSecret(secret)), now);
    const plan = planCertificates(state, now, this.#options.names, this.#times);
    if (plan.action === 'keep') {
      const wait = delayUntil(plan.checkAt, now);
      const isWaiting = state?.next !== undefined && state.nextTrustedSince === undefined;
      return { requeueAfterMs: isWaiting ? Math.min(wait, TRUST_POLL_MS) : wait };
    }
    const text = writeCertificateState(await this.#carryOut(plan.action, state, now));
    try {
      await this.#write(request, secret, { text, signal });
    } catch (error) {
      if (error instanceof ConflictError || error instanceof AlreadyExistsError)
        return { requeueAfterMs: LOST_RACE_MS };
      throw error;
    }
    this.#options.logger.info({ action: plan.action, secret: request.name }, 'webhook certificates changed');
    // The informer's event usually comes first; this is for the case that it shows the present only later.
    return { requeueAfterMs: LOST_RACE_MS };
  }

  #withTrust(state: CertificateState | undefined, now: Date): CertificateState | undefined {
    const cert = state?.next?.cert;
    if (state === undefined || cert === undefined || !isTrustedBy(this.#configuration, cert)) {
      this.#trust = undefined;
      return state;
    }
    if (this.#trust?.cert !== cert) this.#trust = { cert, since: now };
    return { ...state, nextTrustedSince: this.#trust.since };
  }

  get #configuration(): WebhookConfiguration | undefined {
    return this.#options.configurations.get(undefined, this.#options.configurationName);
  }

  async #carryOut(action: Action, state: CertificateState | undefined, now: Date): Promise<CertificateState> {
    const serve = (authority: KeyPair): Promise<KeyPair> =>
      createServing(authority, this.#options.names, now, this.#times);
    if (state === undefined || action === 'anew') {
      const authority = await createAuthority(now, this.#times);
      return { ...NOTHING, authority, serving: await serve(authority) };
    }
    switch (action) {
      case 'renew':
        return { ...state, serving: await serve(state.authority) };
      case 'prepare':
        return { ...state, next: await createAuthority(now, this.#times) };
      case 'promote': {
        const authority = state.next ?? (await createAuthority(now, this.#times));
        return { ...NOTHING, authority, previous: state.authority.cert, serving: await serve(authority) };
      }
      case 'retire':
        return { ...state, previous: undefined };
    }
  }

  async #write(request: Request, secret: Secret | undefined, next: NextContent): Promise<void> {
    const { client } = this.#options;
    const data = encodeSecret(next.text);
    if (secret === undefined) {
      const metadata: ObjectMeta = { ...request, labels: { 'app.kubernetes.io/managed-by': MANAGER } };
      await client.create(SECRET, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data }, next.signal);
      return;
    }
    // The resourceVersion in the metadata makes it compare-and-set; the type can't be changed and stays.
    await client.replace(SECRET, { ...secret, apiVersion: 'v1', kind: 'Secret', data }, next.signal);
  }
}

interface NextContent {
  readonly text: SecretText;
  readonly signal: AbortSignal;
}
