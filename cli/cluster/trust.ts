import { CONFIG_MAP, type ConfigMap } from '../../operator/api/kinds.ts';
import { pathOf } from '../../operator/runtime/kube-object.ts';
import { SECRET_KEYS } from '../../operator/webhook/certificate-state.ts';
import { CommandProblem } from '../problem.ts';
import type { KubeApi } from './kube-api.ts';
import { Refusal } from './refusal.ts';

/** What the chart calls the ConfigMap of an operator, by its Service's name. */
export function caConfigMapOf(service: string): string {
  return `${service}-ca`;
}

/**
 * The certificates to verify the operator's API with (PEM): the ConfigMap that the operator keeps for this. Throws
 * CommandProblem that says what to do.
 */
export async function trustedCertificates(kube: KubeApi, namespace: string, service: string): Promise<string> {
  const name = caConfigMapOf(service);
  const what = `ConfigMap ${namespace}/${name}, which has the certificates to verify the API with`;
  const asked = kube.get<ConfigMap>(what, pathOf(CONFIG_MAP, namespace, name));
  const { object } = await asked.catch((error: unknown) => {
    if (error instanceof Refusal) throw new Refusal(error.code, `${error.message}. Give them with --ca-file`);
    throw error;
  });
  const bundle = object.data?.[SECRET_KEYS.trusted];
  if (bundle !== undefined) return bundle;
  throw new CommandProblem(`${what}, is empty: the operator has no certificate yet; spark-secrets doctor says more`);
}
