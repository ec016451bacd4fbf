import type { Secret } from '../../api/kinds.ts';
import type { Problem } from '../../api/reasons.ts';
import type { ApiError } from '../../runtime/api-error.ts';

/**
 * The problem of a Secret that the API server will not have. The server's own sentence is not known here, as it may quote
 * values: so the message says how a reader gets to see it.
 */
export function refusedWrite({ metadata }: Secret, error: ApiError): Problem {
  const { name, namespace = '' } = metadata;
  const message = `The API server refused to write Secret ${name}: ${error.message}.${nextStep(namespace, error)}`;
  return { reason: 'SecretNotWritten', message };
}

function nextStep(namespace: string, { code, exceededQuota }: ApiError): string {
  if (exceededQuota !== undefined)
    return ` ResourceQuota ${exceededQuota} of namespace ${namespace} is used up: raise it, or delete Secrets that nobody needs. The operator tries again by itself.`;
  if (code === 403)
    return ` A policy or an admission plugin of the cluster is against it, or the operator's rights are too narrow. To see why, as its words may quote a value and are not kept: kubectl create secret generic spark-secrets-test -n ${namespace} --from-literal=a=b --dry-run=server; else see the API server's log.`;
  if (code === 422) return ' If it is immutable or of another type, delete it: the operator writes it anew.';
  return '';
}
