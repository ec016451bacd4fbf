import type { KubeObject } from '../runtime/kube-object.ts';
import { ANNOTATIONS } from './group.ts';

/** What a run's Secret says of its credentials on lease, so that they are found again whatever else is gone. No secret. */
export interface LeaseNote {
  /** Name of the binding. */
  readonly binding: string;
  readonly store: { readonly namespace: string; readonly name: string };
  /** Path → handle. */
  readonly leases: Readonly<Record<string, string>>;
}

/** Text of the annotation `secrets.iomete.com/leases`. */
export function leaseNoteText({ binding, store, leases }: LeaseNote): string {
  return JSON.stringify({ binding, store: `${store.namespace}/${store.name}`, leases });
}

/** The way back; undefined: nothing is leased, or somebody wrote something else there. */
export function leaseNoteOf({ metadata }: KubeObject): LeaseNote | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.leases];
  if (text === undefined) return undefined;
  try {
    const { binding, store, leases } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const [namespace = '', name = ''] = typeof store === 'string' ? store.split('/') : [];
    if (typeof binding !== 'string' || typeof leases !== 'object' || leases === null) return undefined;
    const entries = Object.entries(leases).filter(([, handle]) => typeof handle === 'string');
    return { binding, store: { namespace, name }, leases: Object.fromEntries(entries) };
  } catch {
    return undefined;
  }
}
