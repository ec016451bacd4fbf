import { fields, list, text, texts, type Fields } from '../../../operator/injection/explain/shape.ts';
import type { StoreSpec } from '../../../operator/api/kinds.ts';
import type { Findings } from '../findings.ts';
import { secretRefOf } from './secret-ref.ts';
import type { Target } from './target.ts';
import { vaultAuth } from './vault-auth.ts';

type VaultSpec = NonNullable<StoreSpec['vault']>;

const WHERE = 'spec.provider.vault';
const KNOWN = ['auth', 'server', 'path', 'version', 'namespace', 'caBundle', 'caProvider', 'tls'];
const MORE = ['readYourWrites', 'forwardInconsistent', 'headers', 'checkAndSet'];

/** A store of type vault, with the Secret of certificates that it names; undefined, and said why, when there can be none. */
export function vaultStore(
  vault: Fields,
  target: Target,
  findings: Findings,
): { readonly spec: StoreSpec; readonly before: readonly Fields[] } | undefined {
  const path = vaultPath(vault, findings);
  const endpoint = endpointOf(vault, findings);
  if (path === undefined || endpoint === undefined) return undefined;
  findings.unknown(vault, [...KNOWN, ...MORE], WHERE);
  for (const name of MORE) if (vault[name] !== undefined) findings.left(`${WHERE}.${name}`, 'no such setting here');
  if (vault['tls'] !== undefined)
    findings.left(`${WHERE}.tls`, 'the operator shows a server no certificate of its own');
  const auth = fields(vault['auth']);
  const [namespace, other] = [text(vault['namespace']), text(auth['namespace'])];
  if (other !== undefined && other !== namespace)
    findings.left(`${WHERE}.auth.namespace`, 'login and keys are in one namespace of the server: that of the keys');
  const { before, tls } = certificates(vault, target, findings);
  const spec: VaultSpec = {
    endpoint,
    path,
    ...(namespace === undefined ? {} : { namespace }),
    auth: vaultAuth(auth, target, findings),
    ...(tls === undefined ? {} : { tls }),
  };
  return { spec: { type: 'vault', vault: spec }, before };
}

/** Where the keys of a remote reference begin: the mount, of which KV version 2 has `data` at the end. */
function vaultPath(vault: Fields, findings: Findings): string | undefined {
  const isFirst = text(vault['version']) === 'v1';
  const segments = (text(vault['path']) ?? '').split('/').filter((part) => part !== '');
  if (segments.length === 0) {
    findings.left(
      `${WHERE}.path`,
      'without it each key names its mount, and a store here has one: write the mount there, take it off the keys, and run this again',
    );
    return undefined;
  }
  const mount = !isFirst && segments.at(-1) === 'data' ? segments.slice(0, -1) : segments;
  if (mount.includes('data', 1)) {
    findings.left(`${WHERE}.path`, 'a mount with a part called data is taken for KV version 2: the store was left out');
    return undefined;
  }
  return `/v1/${mount.join('/')}${isFirst ? '' : '/data'}`;
}

/** The key that a remote reference names, below the mount. */
export function vaultKey(remote: string, vault: Fields): string {
  const isFirst = text(vault['version']) === 'v1';
  const mount = (text(vault['path']) ?? '').replace(/^\/|\/$/g, '').replace(isFirst ? /$^/ : /\/data$/, '');
  const key = remote.split('/').filter((part) => part !== '');
  const own = mount.split('/');
  const isBelow = own.every((part, at) => key[at] === part) && key.length > own.length;
  const rest = isBelow ? key.slice(own.length) : key;
  return (isBelow && !isFirst && rest.length > 1 && rest[0] === 'data' ? rest.slice(1) : rest).join('/');
}

function endpointOf(vault: Fields, findings: Findings): string | undefined {
  const server = text(vault['server']) ?? '';
  if (/^https?:\/\/[^/?#@]+\/?$/.test(server)) return server;
  findings.left(`${WHERE}.server`, 'it is no URL of a server without a path: the store was left out');
  return undefined;
}

/** A Secret for certificates that stood in the store itself: they are public, but a store has references only. */
function certificates(
  vault: Fields,
  target: Target,
  findings: Findings,
): { readonly before: readonly Fields[]; readonly tls?: VaultSpec['tls'] } {
  const bundle = text(vault['caBundle']);
  const provider = fields(vault['caProvider']);
  const own = { name: `${target.name}-ca`, key: 'ca.crt' };
  if (bundle !== undefined) {
    findings.note(`${WHERE}.caBundle`, `now Secret ${own.name}, which comes with the store`);
    const { name, namespace } = { ...target, name: own.name };
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    return {
      before: [{ apiVersion: 'v1', kind: 'Secret', metadata, data: { [own.key]: bundle.replace(/\s/g, '') } }],
      tls: { caSecretRef: own },
    };
  }
  if (vault['caProvider'] === undefined) return { before: [] };
  const where = `${WHERE}.caProvider`;
  if (text(provider['type']) === 'Secret')
    return {
      before: [],
      tls: { caSecretRef: secretRefOf({ key: 'ca.crt', ...provider }, where, target, findings) ?? own },
    };
  findings.left(where, `certificates come from a Secret: make Secret ${own.name}, key ${own.key}, of that ConfigMap`);
  return { before: [], tls: { caSecretRef: own } };
}

/** Which namespaces a ClusterSecretStore is for: all of its keys. Undefined: for all. */
export function accessOf(spec: Fields, findings: Findings): NonNullable<StoreSpec['access']> | undefined {
  const conditions = list(spec['conditions']).map(fields);
  if (conditions.length === 0) return undefined;
  return conditions.flatMap((condition, at) => {
    const where = `spec.conditions[${at}]`;
    findings.unknown(condition, ['namespaces', 'namespaceSelector', 'namespaceRegexes'], where);
    if (condition['namespaceRegexes'] !== undefined)
      findings.left(`${where}.namespaceRegexes`, 'namespaces are granted by name or label: name them in access');
    const matchNames = list(condition['namespaces']).flatMap((name) => text(name) ?? []);
    const labels = labelsOf(condition, where, findings);
    const hasLabels = Object.keys(labels).length > 0;
    if (matchNames.length === 0 && !hasLabels) return [];
    const namespaces = {
      ...(matchNames.length === 0 ? {} : { matchNames }),
      ...(hasLabels ? { selector: { matchLabels: labels } } : {}),
    };
    return [{ namespaces, keys: ['**'] }];
  });
}

/** Of the selector of a condition; none when it has something else than labels to compare. */
function labelsOf(condition: Fields, where: string, findings: Findings): Readonly<Record<string, string>> {
  if (condition['namespaceSelector'] === undefined) return {};
  const { matchLabels, ...others } = fields(condition['namespaceSelector']);
  const labels = texts(matchLabels);
  if (Object.keys(others).length === 0 && Object.keys(labels).length > 0) return labels;
  findings.left(
    `${where}.namespaceSelector`,
    'a grant compares labels (matchLabels), and never is for all: name the namespaces in access',
  );
  return {};
}
