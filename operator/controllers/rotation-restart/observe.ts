import type { BindingSecret } from '../../api/binding-secret.ts';
import { durationMs } from '../../api/duration.ts';
import { ANNOTATIONS } from '../../api/group.ts';
import type { DriverPod, SparkJobSecretBinding } from '../../api/kinds.ts';
import type { RunSecret } from '../../api/run-secret.ts';
import { isUsable } from '../../injection/decide.ts';
import { bindingSecretName } from '../../injection/secret-name.ts';
import { changedKeys, parseVersions, podVersions, versionsOf, type Versions } from '../../injection/versions.ts';
import type { Lister } from '../../runtime/lister.ts';
import { managerOf, type Manager } from './manager.ts';

/** Where the present is read from. */
export interface Sources {
  readonly bindings: Pick<Lister<SparkJobSecretBinding>, 'get' | 'list'>;
  readonly secrets: Pick<Lister<BindingSecret>, 'get'>;
  readonly runs: Pick<Lister<RunSecret>, 'get'>;
  /** Index `binding` by `namespace/name`. */
  readonly drivers: Pick<Lister<DriverPod>, 'byIndex' | 'list'>;
}

/** A running driver that holds values which have changed since, of bindings with `rotation.onChange: Restart`. */
export interface Candidate {
  readonly driver: DriverPod;
  readonly manager: Manager | undefined;
  readonly bindings: readonly SparkJobSecretBinding[];
  /** Sorted. */
  readonly keys: readonly string[];
  /** When the last of them changed, as the operator saw it. Milliseconds since 1970. */
  readonly changedAt: number;
  /** From when on the application may be restarted. Milliseconds since 1970. */
  readonly dueAt: number;
  /** Whether a new driver would get secrets of all its bindings now. */
  readonly canStart: boolean;
}

/** `rotation.minInterval` when it is left out. */
const MIN_INTERVAL = '10m';

/** All drivers that hold old values; each once. */
export function observe(sources: Sources): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const binding of sources.bindings.list()) {
    if (binding.spec.rotation?.onChange !== 'Restart' || binding.metadata.deletionTimestamp !== undefined) continue;
    const { namespace = '', name } = binding.metadata;
    for (const driver of sources.drivers.byIndex('binding', `${namespace}/${name}`)) {
      const found = candidateOf(driver, binding, sources);
      const id = driver.metadata.uid ?? '';
      if (found) candidates.set(id, joined(candidates.get(id), found));
    }
  }
  return [...candidates.values()];
}

function candidateOf(driver: DriverPod, binding: SparkJobSecretBinding, sources: Sources): Candidate | undefined {
  if (driver.status?.phase !== 'Running' || driver.metadata.deletionTimestamp !== undefined) return undefined;
  const held = heldBy(driver, binding, sources);
  const keys = changedKeys(held ?? {}, versionsOf(binding, noteOf(sharedSecret(binding, sources))));
  if (keys.length === 0) return undefined;
  return {
    driver,
    manager: managerOf(driver),
    bindings: [binding],
    keys,
    changedAt: lastChange(binding, keys),
    dueAt: dueAt(driver, binding),
    canStart: bindingsOf(driver, sources).every((each) => isReady(each, sources)),
  };
}

function lastChange({ status }: SparkJobSecretBinding, keys: readonly string[]): number {
  const changed = (status?.keys ?? []).filter(({ key }) => keys.includes(key));
  return Math.max(0, ...changed.map(({ lastChangeTime }) => Date.parse(lastChangeTime ?? '') || 0));
}

/** The driver's creation is the last restart of its application, also for an operator that has just started. */
function dueAt({ metadata }: DriverPod, { spec }: SparkJobSecretBinding): number {
  return Date.parse(metadata.creationTimestamp ?? '') + durationMs(spec.rotation?.minInterval ?? MIN_INTERVAL);
}

/** One restart for all that changed, not before the longest of the intervals is over. */
function joined(one: Candidate | undefined, other: Candidate): Candidate {
  if (one === undefined) return other;
  return {
    ...one,
    bindings: [...one.bindings, ...other.bindings],
    keys: [...new Set([...one.keys, ...other.keys])].sort(),
    changedAt: Math.max(one.changedAt, other.changedAt),
    dueAt: Math.max(one.dueAt, other.dueAt),
  };
}

/** What the driver was started with: its run's Secret notes it, or, when it has none, the pod itself. */
function heldBy(driver: DriverPod, { metadata }: SparkJobSecretBinding, sources: Sources): Versions | undefined {
  const run = driver.runs?.find(({ binding }) => binding === metadata.name);
  if (run === undefined) return podVersions(driver.metadata.annotations, metadata.name);
  return parseVersions(noteOf(sources.runs.get(metadata.namespace, run.secret)));
}

function bindingsOf(driver: DriverPod, sources: Sources): SparkJobSecretBinding[] {
  const names = driver.metadata.annotations?.[ANNOTATIONS.bindings]?.split(',') ?? [];
  return names.flatMap((name) => sources.bindings.get(driver.metadata.namespace, name) ?? []);
}

/** As the webhook will judge when the new driver comes. */
function isReady(binding: SparkJobSecretBinding, sources: Sources): boolean {
  const secret = sharedSecret(binding, sources);
  const specDigest = secret?.metadata.annotations?.[ANNOTATIONS.specDigest];
  return isUsable({ binding, secret: secret && { name: secret.metadata.name, specDigest, envKeys: {} } });
}

function sharedSecret({ metadata }: SparkJobSecretBinding, { secrets }: Sources): BindingSecret | undefined {
  return secrets.get(metadata.namespace, bindingSecretName(metadata.name));
}

function noteOf(secret: Pick<RunSecret, 'metadata'> | undefined): string | undefined {
  return secret?.metadata.annotations?.[ANNOTATIONS.versions];
}
