import type { KubeClient } from '../runtime/kube-client.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import { apiVersionOf } from '../runtime/kube-object.ts';
import type { Lister } from '../runtime/lister.ts';
import { delayUntil, TerminalError } from '../runtime/reconciler.ts';
import type { Reconciler, Request, Result } from '../runtime/reconciler.ts';
import type { WatchScope } from '../runtime/watch-scope.ts';
import type { Logger } from '../telemetry/logger.ts';
import { splitBundle } from './certificate-state.ts';
import type { Certificate, CertificateView } from './certificate-view.ts';
import { areSameWebhooks, isExcluded, planWebhookConfiguration, selectedNamespaces } from './coverage.ts';
import type { WebhookTarget } from './serving-names.ts';
import { trustedAuthorities } from './trusted-authorities.ts';
import { WEBHOOK_CONFIGURATION, isOurs, ourWebhook, ourWebhooks, trustedBundles } from './webhook-configuration.ts';
import type { Webhook, WebhookConfiguration } from './webhook-configuration.ts';

/**
 * Whether the pods of a namespace that may get secrets reach the webhook.
 *
 * - `covered`: the API server sends them to us, and trusts us.
 * - `pending`: not yet; it follows by itself.
 * - `excluded`: never, see `isExcluded`.
 * - `missing`: the webhook configuration isn't installed; its name is the option's.
 */
export type Coverage = 'covered' | 'pending' | 'excluded' | 'missing';

export interface CoverageKeeperOptions {
  readonly client: KubeClient;
  /** The request's name, and the one configuration that the chart made. */
  readonly configurationName: string;
  readonly configurations: Pick<Lister<WebhookConfiguration>, 'get'>;
  readonly view: Pick<CertificateView, 'certificate'>;
  /** All bindings that are watched. */
  readonly bindings: Pick<Lister<KubeObject>, 'list'>;
  readonly scope: Pick<WatchScope, 'knowledgeOf'>;
  readonly ownNamespace: string;
  readonly target: WebhookTarget;
  readonly logger: Logger;
  /** Called with the namespaces of which `covers` said something that is no longer so. */
  readonly onChange: (namespaces: readonly string[]) => void;
  /** Milliseconds; default `performance.now()`. */
  readonly clock?: () => number;
  readonly now?: () => Date;
}

/** No more than five writes a second, however many namespaces come and go. */
const WRITE_GAP_MS = 200;

/**
 * Keeps the webhook configuration covering exactly the namespaces that have bindings; on the leader only. The request
 * is the configuration's name (namespace ''). Enqueue it at the start, when the configuration, the certificate Secret
 * or a binding changes: a run that finds nothing to do costs no request.
 */
export class CoverageKeeper implements Reconciler {
  readonly #options: CoverageKeeperOptions;
  readonly #clock: () => number;
  readonly #now: () => Date;
  /** Namespace → all that was said of it since `onChange` was last called for it. */
  readonly #answers = new Map<string, Set<Coverage>>();
  #lastWrite = Number.NEGATIVE_INFINITY;
  #written: Written | undefined;
  #view: View | undefined;

  constructor(options: CoverageKeeperOptions) {
    this.#options = options;
    this.#clock = options.clock ?? ((): number => performance.now());
    this.#now = options.now ?? ((): Date => new Date());
  }

  /** Judged by the configuration as last observed, never by what was sent. Quick: may be asked for each binding. */
  covers(namespace: string): Coverage {
    const coverage = this.#judge(namespace);
    const answers = this.#answers.get(namespace);
    if (answers === undefined) this.#answers.set(namespace, new Set([coverage]));
    else answers.add(coverage);
    return coverage;
  }

  /** Throws `ApiError`, and `TerminalError` if the API server keeps something in our webhooks that must not be there. */
  async reconcile(request: Request, signal: AbortSignal): Promise<Result> {
    this.#tellChanges();
    const observed = this.#options.configurations.get(undefined, request.name);
    if (observed === undefined) return undefined;
    // The informer may still show what was there before our last write.
    const written = this.#written?.over === observed ? this.#written.result : undefined;
    const present = written ?? observed;
    const plan = this.#plan(present);
    if (plan === undefined) return undefined;
    if (areSameWebhooks(ourWebhooks(present), plan.webhooks)) return plan.again;
    const wait = this.#lastWrite + WRITE_GAP_MS - this.#clock();
    if (wait > 0) return { requeueAfterMs: Math.ceil(wait) };
    this.#lastWrite = this.#clock();
    const result = await this.#write(observed, plan.webhooks, signal);
    this.#written = { over: observed, result };
    const namespaces = selectedNamespaces(plan.webhooks[0]).length;
    this.#options.logger.info({ namespaces }, 'webhook configuration changed');
    return plan.again;
  }

  /** Undefined: there are namespaces to cover, but no authority to trust yet; the Secret's change comes back here. */
  #plan(present: WebhookConfiguration): Plan | undefined {
    const { bindings, scope, ownNamespace, target, view } = this.#options;
    const bound = bindings.list().map(({ metadata }) => metadata.namespace ?? '');
    // One whose bindings can't be seen now may have some: its drivers go on being asked for, and are refused.
    const kept = selectedNamespaces(ourWebhook(present)).filter((each) => scope.knowledgeOf(each) === 'unknown');
    const namespaces = new Set([...bound, ...kept]);
    const { certificate } = view;
    const now = this.#now();
    const before = splitBundle(trustedBundles(present)[0]);
    const trusted = certificate && trustedAuthorities(certificate, before, now);
    const caBundle = trusted?.authorities.join('') ?? '';
    const webhooks = planWebhookConfiguration({ namespaces, ownNamespace, target, caBundle });
    if (webhooks.length > 0 && trusted === undefined) return undefined;
    const { until } = trusted ?? {};
    return { webhooks, again: until && { requeueAfterMs: delayUntil(until, now) } };
  }

  async #write(
    observed: WebhookConfiguration,
    webhooks: readonly Webhook[],
    signal: AbortSignal,
  ): Promise<WebhookConfiguration> {
    const { client } = this.#options;
    const { name, uid } = observed.metadata;
    // With the uid the API server refuses to create an object that was deleted meanwhile: it is the chart's.
    const metadata = { name, ...(uid === undefined ? {} : { uid }) };
    const wanted = {
      apiVersion: apiVersionOf(WEBHOOK_CONFIGURATION),
      kind: WEBHOOK_CONFIGURATION.kind,
      metadata,
      webhooks,
    };
    const applied = await client.apply(WEBHOOK_CONFIGURATION, wanted, { signal, force: true });
    if (areSameWebhooks(ourWebhooks(applied), webhooks)) return applied;
    // Apply leaves what another owner added to our webhooks (say, a matchCondition); replacing takes it out.
    const others = (applied.webhooks ?? []).filter((webhook) => !isOurs(webhook));
    const replaced = await client.replace(
      WEBHOOK_CONFIGURATION,
      { ...applied, webhooks: [...others, ...webhooks] },
      signal,
    );
    if (areSameWebhooks(ourWebhooks(replaced), webhooks)) return replaced;
    throw new TerminalError(
      `the API server does not keep the webhooks ${webhooks.map((webhook) => webhook.name).join(', ')} of ${name} as they were written: ` +
        'look for an admission policy or another controller that changes them',
    );
  }

  #tellChanges(): void {
    // Who asks between the change and this run gets the new answer: the old one of another asker must not go with it.
    const isOld = ([namespace, answers]: [string, Set<Coverage>]): boolean =>
      answers.size > 1 || !answers.has(this.#judge(namespace));
    const changed = [...this.#answers].filter(isOld).map(([namespace]) => namespace);
    for (const namespace of changed) this.#answers.delete(namespace);
    if (changed.length > 0) this.#options.onChange(changed);
  }

  #judge(namespace: string): Coverage {
    if (isExcluded(namespace, this.#options.ownNamespace)) return 'excluded';
    const observed = this.#options.configurations.get(undefined, this.#options.configurationName);
    if (observed === undefined) return 'missing';
    return this.#covered(observed).has(namespace) ? 'covered' : 'pending';
  }

  /** Kept for as long as the same objects are there: comparing them anew for each of 1,000 bindings would cost. */
  #covered(observed: WebhookConfiguration): ReadonlySet<string> {
    const { certificate } = this.#options.view;
    if (this.#view?.observed === observed && this.#view.certificate === certificate) return this.#view.covered;
    const isIntact = certificate !== undefined && this.#isIntact(observed, certificate);
    const covered = new Set(isIntact ? selectedNamespaces(ourWebhook(observed)) : []);
    this.#view = { observed, certificate, covered };
    return covered;
  }

  /** Whether both webhooks are as we would write them, for the same namespaces, and trust the authority that signs. */
  #isIntact(observed: WebhookConfiguration, { authorities: [signing] }: Certificate): boolean {
    const webhook = ourWebhook(observed);
    const [caBundle = ''] = trustedBundles(observed);
    const { ownNamespace, target } = this.#options;
    const namespaces = selectedNamespaces(webhook);
    const wanted = planWebhookConfiguration({ namespaces, ownNamespace, target, caBundle });
    return splitBundle(caBundle).includes(signing) && areSameWebhooks(ourWebhooks(observed), wanted);
  }
}

/** The webhooks as they should be, and when they should be otherwise. */
interface Plan {
  readonly webhooks: readonly Webhook[];
  readonly again: Result;
}

/** Our last write: over which observation, and what it gave. */
interface Written {
  readonly over: WebhookConfiguration;
  readonly result: WebhookConfiguration;
}

interface View {
  readonly observed: WebhookConfiguration;
  readonly certificate: Certificate | undefined;
  readonly covered: ReadonlySet<string>;
}
