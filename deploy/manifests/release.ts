import { join } from 'node:path';

export const CHART = join(import.meta.dirname, '..', 'chart');
/** Of the release that the manifests are rendered as. */
export const NAME = 'spark-secrets-operator';
export const NAMESPACE = 'spark-secrets-system';

/** The text of that namespace, which the chart itself does not make. */
export const NAMESPACE_TEXT = `---
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;
