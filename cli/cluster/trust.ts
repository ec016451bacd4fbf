import { SECRET, type Secret } from '../../operator/api/kinds.ts';
import { pathOf } from '../../operator/runtime/kube-object.ts';
import {
  trustedBundles,
  WEBHOOK_CONFIGURATION,
  type WebhookConfiguration,
} from '../../operator/webhook/webhook-configuration.ts';
import { CommandProblem } from '../problem.ts';
import type { KubeApi } from './kube-api.ts';
import { Refusal } from './refusal.ts';

/** Entry of the certificate Secret: the certificates to trust, PEM. */
const CA_ENTRY = 'ca.crt';

/**
 * The certificates to verify the operator's API with (PEM): those by which the API server trusts it. Without a binding
 * nothing is trusted yet; then they are taken from the operator's certificate Secret, by who may read that. Throws
 * CommandProblem that says what to do.
 */
export async function trustedCertificates(kube: KubeApi, namespace: string, service: string): Promise<string> {
  const configuration = await orRefused(
    kube.find<WebhookConfiguration>(
      `MutatingWebhookConfiguration ${service}`,
      pathOf(WEBHOOK_CONFIGURATION, undefined, service),
    ),
  );
  const [bundle] = trustedBundles(configuration?.object).filter((pem) => pem !== '');
  if (bundle !== undefined) return bundle;
  const secret = await orRefused(
    kube.find<Secret>(
      `Secret ${namespace}/${service}-certificate`,
      pathOf(SECRET, namespace, `${service}-certificate`),
    ),
  );
  const encoded = secret?.object.data?.[CA_ENTRY];
  if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString('utf8');
  throw new CommandProblem(
    `the certificates to verify the API with are not known: you may read neither MutatingWebhookConfiguration ${service} (which has them from the first binding on) nor Secret ${namespace}/${service}-certificate. Give them with --ca-file`,
  );
}

async function orRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (Refusal.is(error, 403)) return undefined;
    throw error;
  }
}
