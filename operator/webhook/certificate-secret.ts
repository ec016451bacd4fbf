import type { KubeKind, KubeObject } from '../runtime/kube-object.ts';
import type { SecretText } from './certificate-state.ts';

/** The Secret that the replicas share; its data is base64, see `SECRET_KEYS`. */
export interface CertificateSecret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

export const CERTIFICATE_SECRET: KubeKind<CertificateSecret> = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
};

/** The Secret's data as text; no Secret, or one without data, gives an empty one. */
export function decodeSecret(secret: CertificateSecret | undefined): SecretText {
  const entries = Object.entries(secret?.data ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}

/** The way back: text as a Secret's data. */
export function encodeSecret(text: SecretText): Record<string, string> {
  const entries = Object.entries(text);
  return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('base64')]));
}
