import type { JsonPatch } from '../../operator/injection/json-patch.ts';
import type { AdmissionReview } from '../../operator/webhook/admission-review.ts';

export const POD = {
  metadata: { generateName: 'driver-', labels: { 'spark-role': 'driver' } },
  spec: { containers: [{ name: 'spark', env: [{ name: 'PLAIN', value: 'the-value-of-the-pod' }] }] },
};

/** An AdmissionReview as the API server sends it, with changes of its request. */
export function reviewOf(changes: object = {}): Record<string, unknown> {
  const request = {
    uid: 'uid-1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    namespace: 'analytics',
    operation: 'CREATE',
    dryRun: false,
    object: POD,
    ...changes,
  };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}

export function patchOf(review: AdmissionReview): JsonPatch {
  return JSON.parse(Buffer.from(review.response.patch ?? '', 'base64').toString()) as JsonPatch;
}
