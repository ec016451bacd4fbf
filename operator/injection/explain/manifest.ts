import { apacheApplication } from './apache.ts';
import { kubeflowApplication, kubeflowConnect, kubeflowSchedule, type Launched } from './kubeflow.ts';
import { fields, list, podOf, text, type Fields } from './shape.ts';
import type { Subject } from './subject.ts';

/** An object of a kind that is understood, and the pod that comes of it. */
interface Kind {
  readonly kind: string;
  /** The API group, with any version. */
  readonly group: string;
  readonly launch: (name: string, spec: Fields, manifest: Fields) => Launched;
}

const KUBEFLOW = 'sparkoperator.k8s.io';

const KINDS: readonly Kind[] = [
  { kind: 'SparkApplication', group: KUBEFLOW, launch: (name, spec) => kubeflowApplication(name, spec) },
  { kind: 'ScheduledSparkApplication', group: KUBEFLOW, launch: kubeflowSchedule },
  { kind: 'SparkConnect', group: KUBEFLOW, launch: kubeflowConnect },
  { kind: 'SparkApplication', group: 'spark.apache.org', launch: apacheApplication },
  { kind: 'Pod', group: '', launch: (_name, _spec, manifest) => ofTemplate(manifest) },
  ...['Deployment', 'StatefulSet'].map((kind) => ({ kind, group: 'apps', launch: template })),
  { kind: 'Job', group: 'batch', launch: template },
  {
    kind: 'CronJob',
    group: 'batch',
    launch: (name, spec) => template(name, fields(fields(spec['jobTemplate'])['spec'])),
  },
];

/** What the kinds that are understood are called. */
export const MANIFEST_KINDS: readonly Pick<Kind, 'kind' | 'group'>[] = KINDS;

/** The same for messages. */
export const UNDERSTOOD = KINDS.map(({ kind, group }) => (group === '' ? kind : `${kind} (${group})`)).join(', ');

/** The objects in a parsed manifest: itself, or the items of a List. */
export function objectsIn(manifest: unknown): readonly Fields[] {
  const { kind, items } = fields(manifest);
  return kind === 'List' ? list(items).map(fields) : [fields(manifest)];
}

/** What a manifest is called in messages: `Kind NAME`. */
export function titleOf(manifest: Fields): string {
  return `${text(manifest['kind']) ?? 'an object without kind'} ${nameOf(manifest)}`.trim();
}

/**
 * What a manifest would become: the pod as its launcher would make it, for explanation only. `namespace` is where it
 * goes unless it says so itself. Undefined: its kind is not one of `UNDERSTOOD`.
 */
export function manifestSubject(manifest: Fields, namespace: string): Subject | undefined {
  const kind = text(manifest['kind']) ?? '';
  const version = text(manifest['apiVersion']) ?? '';
  const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
  const known = KINDS.find((one) => one.kind === kind && one.group === group);
  if (known === undefined) return undefined;
  const own = text(fields(manifest['metadata'])['namespace']) ?? namespace;
  const about = { kind, namespace: own, name: nameOf(manifest) };
  return { about, isThere: false, ...known.launch(about.name, fields(manifest['spec']), manifest) };
}

/** A pod as the API server has it. */
export function podSubject(pod: unknown): Subject {
  const { name, namespace } = fields(fields(pod)['metadata']);
  const about = { kind: 'Pod', namespace: text(namespace) ?? '', name: text(name) ?? '' };
  return { about, isThere: true, ...ofTemplate(fields(pod)) };
}

function template(_name: string, spec: Fields): Launched {
  return ofTemplate(fields(spec['template']));
}

/** Properties in files and ConfigMaps are not seen. */
function ofTemplate(value: Fields): Launched {
  const note = 'Properties in files and ConfigMaps are not looked at.';
  return { pod: podOf(value), conf: [], notes: [note] };
}

function nameOf(manifest: Fields): string {
  const { name, generateName } = fields(manifest['metadata']);
  return text(name) ?? text(generateName) ?? '';
}
