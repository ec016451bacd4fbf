import { envKeysOf, fileKeysOf, referenceKeysOf, withoutContent } from '../../api/binding-secret.ts';
import { ANNOTATIONS } from '../../api/group.ts';
import type { BindingSpec, Secret } from '../../api/kinds.ts';
import { confTemplate, type ConfEntry } from '../../injection/conf-template.ts';
import { EXECUTOR_REFERENCES_KEY, PROPERTIES_KEY, REFERENCES_KEY, REGEX_KEY } from '../../injection/data-keys.ts';
import { keysOfSource } from '../../injection/environment.ts';
import { expandedSpec, isProvided } from '../../injection/expanded-spec.ts';
import { keyIndexName } from '../../injection/key-index.ts';
import { escapeProperty } from '../../injection/properties.ts';
import { referenceDataKey } from '../../injection/reference-content.ts';
import type { SecretContent } from '../../injection/secret-content.ts';
import { specDigest } from '../../injection/spec-digest.ts';
import { templateKeys } from '../../injection/template.ts';
import { goneKeys, type Observed } from './observe.ts';
import { changedFiles, changedSecret } from './secret-manifest.ts';

/** Spark's own way to executors: these lines of `spark.properties` hold no value. */
const EXECUTOR = 'spark.kubernetes.executor.';

/**
 * The binding's Secret without what withdrawn grants gave it; undefined: it is that already. For a store that can't tell
 * what the other keys have: they stay, byte for byte, for executors of jobs that run. A property whose key is not known
 * any more, because the Secret was written for another spec, goes as well.
 */
export function withoutWithdrawn(observed: Observed, present: Secret, now: Date): Secret | undefined {
  const { spec, metadata } = observed.binding;
  const secret = withoutContent(present);
  const digest = incomplete(spec);
  const isOfSpec = [digest, specDigest(spec)].includes(secret.metadata.annotations?.[ANNOTATIONS.specDigest] ?? '');
  const gone = goneKeys(observed);
  const isKept = (source: string): boolean => !keysOfSource(source).some((key) => gone.has(key));
  const envKeys = Object.fromEntries(Object.entries(envKeysOf(secret) ?? {}).filter(([, source]) => isKept(source)));
  const referenceKeys = referenceKeysOf(secret).filter(isKept);
  const properties = isOfSpec ? grantedProperties(spec, gone) : [];
  // The index names no value, and executors could not start without it.
  const others = [REGEX_KEY, keyIndexName(metadata.name)];
  const content = contentWith(present.data ?? {}, { envKeys, referenceKeys }, { properties, others });
  return changedSecret({ ...observed, secret }, content, digest, now);
}

/** The Secret with its files, likewise. */
export function withoutWithdrawnFiles(observed: Observed, present: Secret): Secret | undefined {
  const files = withoutContent(present);
  const gone = goneKeys(observed);
  const keys = Object.fromEntries(Object.entries(fileKeysOf(files)).filter(([, key]) => !gone.has(key)));
  const data = Object.fromEntries(Object.entries(present.data ?? {}).filter(([name]) => keys[name] !== undefined));
  return changedFiles({ ...observed, files }, { keys, data }, incomplete(observed.binding.spec));
}

function incomplete(spec: BindingSpec): string {
  return `incomplete ${specDigest(spec)}`;
}

/** No job starts with it, so what jobs refer to in their conf is left out; running ones may still want variables. */
function contentWith(
  data: Readonly<Record<string, string>>,
  kept: Omit<SecretContent, 'data'>,
  { properties, others }: { readonly properties: readonly string[]; readonly others: readonly string[] },
): SecretContent {
  const starts = [
    ...properties.map((name) => escapeProperty(name, '')),
    ...Object.keys(kept.envKeys).map((name) => escapeProperty(`${EXECUTOR}secretKeyRef.${name}`, '')),
    `${EXECUTOR}label.`,
  ];
  const lines = Buffer.from(data[PROPERTIES_KEY] ?? '', 'base64')
    .toString()
    .split('\n')
    .filter((line) => starts.some((start) => line.startsWith(start)));
  const text = lines.map((line) => `${line}\n`).join('');
  const names = new Set([...Object.keys(kept.envKeys), ...kept.referenceKeys.map(referenceDataKey), ...others]);
  return {
    ...kept,
    data: {
      ...Object.fromEntries(Object.entries(data).filter(([name]) => names.has(name))),
      [PROPERTIES_KEY]: Buffer.from(text).toString('base64'),
      [REFERENCES_KEY]: '',
      [EXECUTOR_REFERENCES_KEY]: '',
    },
  };
}

/** Names of the properties that need no key which is gone. */
function grantedProperties(spec: BindingSpec, gone: ReadonlySet<string>): string[] {
  // An entry of env has the form of one of sparkConf.
  const isGranted = (entry: ConfEntry): boolean => {
    const template = confTemplate(entry);
    return !('problem' in template) && !templateKeys(template).some((key) => gone.has(key));
  };
  const { env = [], sparkConf = [] } = expandedSpec(spec);
  const carriers = new Set(env.filter(isGranted).map(({ name }) => name));
  return sparkConf.filter((entry) => isGranted(entry) && isProvided(entry, carriers)).map(({ name }) => name);
}
