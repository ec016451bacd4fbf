import type { KubeObject } from '../../runtime/kube-object.ts';

/** An entry of `metadata.managedFields`, which informers do not keep: who wrote which fields last, and when. */
interface ManagedFields {
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/**
 * When the spec of an object was last written, as RFC 3339, or a little later: the API server keeps one time for all
 * that somebody wrote. Of an object that does not tell, when it was created.
 */
export function specTime({ metadata }: KubeObject): string | undefined {
  const { managedFields = [], creationTimestamp } = metadata as KubeObject['metadata'] & {
    readonly managedFields?: readonly ManagedFields[];
  };
  const times = managedFields
    .filter(({ subresource, fieldsV1 }) => subresource === undefined && fieldsV1?.['f:spec'] !== undefined)
    .map(({ time }) => time);
  // All are of the form 2026-01-01T00:00:00Z, whose order is that of the alphabet.
  return [creationTimestamp, ...times]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}
