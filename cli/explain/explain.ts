import type { SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { parseKey, type SecretKey } from '../../operator/api/secret-key.ts';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import { explain, isWatchedPod } from '../../operator/injection/explain/explain.ts';
import { manifestSubject, podSubject, titleOf, UNDERSTOOD } from '../../operator/injection/explain/manifest.ts';
import type { Explanation } from '../../operator/injection/explain/result.ts';
import { fields, text, type Fields } from '../../operator/injection/explain/shape.ts';
import type { Subject } from '../../operator/injection/explain/subject.ts';
import type { Io } from '../io.ts';
import { CommandProblem } from '../problem.ts';
import type { ClusterReader } from './cluster-reader.ts';
import { bindingsOf, objectsOf } from './files.ts';
import { viewsOfFile, viewsWithoutSecrets, viewsWithSecrets } from './views.ts';

/** What was asked for. */
export interface ExplainArguments {
  /** Name of a pod in the cluster; else `file` is given. */
  readonly pod: string | undefined;
  /** Path of a manifest, or `-`. */
  readonly file: string | undefined;
  /** Path of a manifest with bindings that are taken instead of the cluster's, or `-`. */
  readonly bindings: string | undefined;
  readonly namespace: string | undefined;
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
}

/** What was found out. */
export interface ExplainOutcome {
  readonly explanations: readonly Explanation[];
  /** `Kind NAME` of objects in the file that are no Spark jobs. */
  readonly skipped: readonly string[];
}

/** What is known of a namespace's bindings. */
interface Known {
  readonly views: readonly BindingView[];
  readonly notes: readonly string[];
}

const NO_SECRETS =
  'You may not list Secrets here: which keys a group has, and whether a Secret is complete, is taken from the status of the bindings.';
const NOT_APPLIED =
  'The bindings are those of the file, as if they were applied: whether the store has the keys is not looked at.';
/** Whatever image: the webhook knows it, and nothing of it shows here. */
const SOME_IMAGE = 'operator';

/** Explains what the arguments ask for. Throws CommandProblem. */
export async function runExplain(args: ExplainArguments, io: Pick<Io, 'stdin' | 'signal'>): Promise<ExplainOutcome> {
  const cluster = isOffline(args) ? undefined : await openCluster(args, io);
  const namespace = args.namespace ?? cluster?.namespace ?? 'default';
  const { file, bindings } = args;
  const objects = file === undefined ? [] : await objectsOf(file, io);
  const { subjects, skipped } =
    cluster && args.pod !== undefined
      ? { subjects: [podSubject(await cluster.pod(namespace, args.pod))], skipped: [] }
      : subjectsOf(objects, args, namespace);
  const fromFile = bindings === undefined ? undefined : await bindingsOf(bindings, namespace, io);
  const wanted = wantedKeys(objects);
  const explanations: Explanation[] = [];
  for (const { where, its } of byNamespace(subjects)) {
    const { views, notes } = await knownOf(where, { cluster, fromFile, wanted });
    const noted = its.map((subject) => ({ ...subject, notes: [...subject.notes, ...notes] }));
    explanations.push(...noted.map((subject) => explain(subject, views, { operatorImage: SOME_IMAGE })));
  }
  return { explanations, skipped };
}

/** Loaded when it is needed: client-node takes half a second. */
async function openCluster(args: ExplainArguments, { signal }: Pick<Io, 'signal'>): Promise<ClusterReader> {
  const { clusterReader } = await import('./cluster-reader.ts');
  return clusterReader(args, signal);
}

/** Then there is nothing to be read from a kubeconfig, which may be missing. */
function isOffline({ file, bindings }: ExplainArguments): boolean {
  return file !== undefined && bindings !== undefined;
}

function byNamespace(
  subjects: readonly Subject[],
): readonly { readonly where: string; readonly its: readonly Subject[] }[] {
  return [...Map.groupBy(subjects, ({ about }) => about.namespace)].map(([where, its]) => ({ where, its }));
}

/** Whether all jobs get secrets, and are able to start with them. */
export function isWell(explanations: readonly Explanation[]): boolean {
  return explanations.every(
    ({ verdict, references }) =>
      (verdict === 'Injected' || verdict === 'WouldInject') && references.every(({ problem }) => problem === undefined),
  );
}

/** The Spark jobs among objects; without one, what could be told of others. */
function subjectsOf(
  objects: readonly Fields[],
  args: ExplainArguments,
  namespace: string,
): { readonly subjects: readonly Subject[]; readonly skipped: readonly string[] } {
  const all = objects.map((object) => ({ object, subject: manifestSubject(object, namespace) }));
  const understood = all.filter((one): one is typeof one & { subject: Subject } => one.subject !== undefined);
  const watched = understood.filter(({ subject }) => isWatchedPod(subject.pod));
  const chosen = watched.length > 0 ? watched : understood;
  if (chosen.length === 0) {
    const titles = objects.map(titleOf).join(', ');
    throw new CommandProblem(`${args.file ?? ''} holds no Spark job (${titles}). Understood: ${UNDERSTOOD}.`);
  }
  for (const { object } of chosen) refuseOther(object, args.namespace);
  const isChosen = (object: Fields): boolean => chosen.some((one) => one.object === object);
  return {
    subjects: chosen.map(({ subject }) => subject),
    skipped: objects.filter((object) => !isChosen(object)).map(titleOf),
  };
}

/** As kubectl does it. */
function refuseOther(object: Fields, namespace: string | undefined): void {
  const own = text(fields(object['metadata'])['namespace']);
  if (namespace === undefined || own === undefined || own === namespace) return;
  throw new CommandProblem(`${titleOf(object)} is of namespace ${own}, and --namespace says ${namespace}`);
}

async function knownOf(
  namespace: string,
  sources: {
    readonly cluster: ClusterReader | undefined;
    readonly fromFile: readonly SparkJobSecretBinding[] | undefined;
    readonly wanted: readonly SecretKey[];
  },
): Promise<Known> {
  const { cluster, fromFile, wanted } = sources;
  if (fromFile !== undefined) {
    const own = fromFile.filter(({ metadata }) => metadata.namespace === namespace);
    return { views: viewsOfFile(own, wanted), notes: [NOT_APPLIED] };
  }
  if (cluster === undefined) throw new Error('neither bindings nor a cluster');
  const bindings = await cluster.bindings(namespace);
  const secrets = bindings.length === 0 ? [] : await cluster.bindingSecrets(namespace);
  if (secrets === undefined) return { views: viewsWithoutSecrets(bindings), notes: [NO_SECRETS] };
  return { views: viewsWithSecrets(bindings, secrets), notes: [] };
}

function wantedKeys(objects: readonly Fields[]): readonly SecretKey[] {
  const found = JSON.stringify(objects).matchAll(/\$\{secrets\.([A-Za-z0-9._/-]+)\}/g);
  return [...new Set([...found].flatMap(([, key = '']) => parseKey(key) ?? []))];
}
