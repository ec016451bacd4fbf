import { envKeysOf, withoutContent } from '../../api/binding-secret.ts';
import { ANNOTATIONS } from '../../api/group.ts';
import type { BindingSpec, Secret } from '../../api/kinds.ts';
import type { SecretKey } from '../../api/secret-key.ts';
import { escapeProperty } from '../../injection/properties.ts';
import { requirements } from '../../injection/requirements.ts';
import { PROPERTIES_KEY, REGEX_KEY } from '../../injection/data-keys.ts';
import type { SecretContent } from '../../injection/secret-content.ts';
import { specDigest } from '../../injection/spec-digest.ts';
import type { Observed } from './observe.ts';
import { changedSecret } from './secret-manifest.ts';

/** Spark's own way to executors: these lines of `spark.properties` hold no value. */
const EXECUTOR = 'spark.kubernetes.executor.';

/**
 * The binding's Secret without what withdrawn grants gave it; undefined: it is that already. For a store that can't tell
 * what the other keys have: they stay, byte for byte, for executors of jobs that run. A property whose key is not known
 * any more, because the Secret was written for another spec, goes as well.
 */
export function withoutWithdrawn(observed: Observed, present: Secret): Secret | undefined {
  const { spec } = observed.binding;
  const secret = withoutContent(present);
  const digest = `incomplete ${specDigest(spec)}`;
  const isOfSpec = [digest, specDigest(spec)].includes(secret.metadata.annotations?.[ANNOTATIONS.specDigest] ?? '');
  const gone = new Set<string>([...(observed.answer?.denied ?? []), ...(observed.answer?.withdrawn ?? [])]);
  const envKeys = Object.fromEntries(Object.entries(envKeysOf(secret) ?? {}).filter(([, key]) => !gone.has(key)));
  const properties = isOfSpec ? grantedProperties(spec, gone) : [];
  const content = contentWith(present.data ?? {}, envKeys, properties);
  return changedSecret({ ...observed, secret }, content, digest);
}

function contentWith(
  data: Readonly<Record<string, string>>,
  envKeys: SecretContent['envKeys'],
  properties: readonly string[],
): SecretContent {
  const starts = [
    ...properties.map((name) => escapeProperty(name, '')),
    ...Object.keys(envKeys).map((name) => escapeProperty(`${EXECUTOR}secretKeyRef.${name}`, '')),
    `${EXECUTOR}label.`,
  ];
  const lines = Buffer.from(data[PROPERTIES_KEY] ?? '', 'base64')
    .toString()
    .split('\n')
    .filter((line) => starts.some((start) => line.startsWith(start)));
  const text = lines.map((line) => `${line}\n`).join('');
  const kept = Object.entries(data).filter(([name]) => Object.hasOwn(envKeys, name) || name === REGEX_KEY);
  return {
    data: { ...Object.fromEntries(kept), [PROPERTIES_KEY]: Buffer.from(text).toString('base64') },
    envKeys,
  };
}

/** Names of the properties that need no key which is gone. */
function grantedProperties(spec: BindingSpec, gone: ReadonlySet<string>): string[] {
  const keysOf = (entry: NonNullable<BindingSpec['sparkConf']>[number]): readonly SecretKey[] =>
    requirements({ ...spec, env: [], envFrom: [], sparkConf: [entry] }).keys;
  return (spec.sparkConf ?? []).filter((entry) => !keysOf(entry).some((key) => gone.has(key))).map(({ name }) => name);
}
