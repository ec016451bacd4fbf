import { titleOf } from '../../../operator/injection/explain/manifest.ts';
import { fields, text, type Fields } from '../../../operator/injection/explain/shape.ts';
import { Findings, type Finding } from '../findings.ts';
import { isObjectName } from '../places.ts';

const GROUP = 'external-secrets.io';
const VERSIONS = ['v1', 'v1beta1'];

/** A SecretStore or ClusterSecretStore as it was given. */
export interface SourceStore {
  readonly kind: string;
  readonly name: string;
  /** Undefined: that of a cluster, or nowhere said. */
  readonly namespace: string | undefined;
  readonly spec: Fields;
  readonly findings: Findings;
}

/** An ExternalSecret as it was given. */
export interface ExternalSecret {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly spec: Fields;
  readonly findings: Findings;
}

export interface Sources {
  readonly stores: readonly SourceStore[];
  readonly secrets: readonly ExternalSecret[];
}

const STORE_KINDS = ['SecretStore', 'ClusterSecretStore'];

/**
 * What is to be translated among the objects of a manifest; all others are findings. `namespace` is that of objects which
 * don't say theirs.
 */
export function sourcesOf(objects: readonly Fields[], namespace: string | undefined, all: Finding[]): Sources {
  const stores: SourceStore[] = [];
  const secrets: ExternalSecret[] = [];
  const seen = new Set<string>();
  for (const object of objects) {
    const kind = text(object['kind']) ?? '';
    const metadata = fields(object['metadata']);
    const own = kind === 'ClusterSecretStore' ? undefined : (text(metadata['namespace']) ?? namespace);
    const name = text(metadata['name']) ?? '';
    const title = [kind, own === undefined ? name : `${own}/${name}`].join(' ').trim();
    const findings = new Findings(all, title);
    const strange = whyStrange(object, name);
    if (strange !== undefined) new Findings(all, titleOf(object)).left('kind', strange);
    else if (seen.has(title)) findings.left('metadata.name', 'it is given twice: the later one was left out');
    else if (STORE_KINDS.includes(kind))
      stores.push({ kind, name, namespace: own, spec: fields(object['spec']), findings });
    else secrets.push({ name, namespace: own, spec: fields(object['spec']), findings });
    seen.add(title);
  }
  return { stores, secrets };
}

/** Why an object is not one of those that are translated. */
function whyStrange({ kind, apiVersion, metadata }: Fields, name: string): string | undefined {
  const [group, version = ''] = (text(apiVersion) ?? '').split('/');
  if (group !== GROUP || ![...STORE_KINDS, 'ExternalSecret'].includes(text(kind) ?? ''))
    return HINTS[text(kind) ?? ''] ?? 'not of a kind that this command translates, and left out';
  if (!VERSIONS.includes(version))
    return `only versions ${VERSIONS.join(' and ')} are read: kubectl get -o yaml gives it in one of them`;
  const names = [name, text(fields(metadata)['namespace'])].filter((each) => each !== undefined);
  return names.every(isObjectName) ? undefined : 'it has no name or namespace of a Kubernetes object, and was left out';
}

const HINTS: Readonly<Record<string, string>> = {
  ClusterExternalSecret:
    'one binding is for one namespace: give the ExternalSecrets that it made (kubectl get -o yaml)',
  PushSecret: 'nothing is pushed from Secrets: write to the store with spark-secrets set or import, or by the API',
  VaultDynamicSecret: 'credentials for each run are keys with # of a binding: see docs/dynamic-credentials.md',
};
