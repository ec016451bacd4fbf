import { isDeepStrictEqual } from 'node:util';
import { mergeConditions, timestamp, type DesiredCondition } from '../../api/conditions.ts';
import { ANNOTATIONS } from '../../api/group.ts';
import type { BindingStatus, DriverPod, Secret } from '../../api/kinds.ts';
import type { Problem } from '../../api/reasons.ts';
import { expandedSpec, isCarrier } from '../../injection/expanded-spec.ts';
import { NO_FILES } from '../../injection/file-content.ts';
import { specDigest } from '../../injection/spec-digest.ts';
import { goneKeys, type Observed } from './observe.ts';
import { changedFiles, changedSecret } from './secret-manifest.ts';
import { resolve, type Resolution } from './resolve.ts';
import { staleProblem } from './untold.ts';

/** What is to be written. */
export interface Plan {
  /** The Secret to create, or (with a resourceVersion) to replace. Undefined: leave it as it is. */
  readonly secret: Secret | undefined;
  /** That with its files, likewise. It is to be written first: the other says for which spec both are complete. */
  readonly files: Secret | undefined;
  /** Take out of the Secrets what withdrawn grants gave, and nothing else: what they hold beside is not known. */
  readonly withdraws: boolean;
  /** What to say once that is done. */
  readonly status: BindingStatus;
}

/** Annotation `spec-digest` of a Secret whose content is not complete for any spec. */
const INCOMPLETE = 'incomplete';
const MOST_APPLICATIONS = 10;
/** What the CRD takes in `status.keys`. */
const MOST_KEYS = 2_048;
/** Of the problems in one message: the CRD bounds its length, and nobody reads more. */
const MOST_PROBLEMS = 10;

/**
 * From what is to what should be. `writeProblem` is why the Secret of an earlier plan could not be written: the same
 * plan, saying so.
 */
export function plan(observed: Observed, now: Date, writeProblem?: Problem): Plan {
  const resolution = resolve(observed);
  const secret = desiredSecret(observed, resolution, now);
  const problem = writeProblem ?? unresolved(observed, resolution);
  const generation = observed.binding.metadata.generation ?? 0;
  const before = observed.binding.status;
  const conditions = mergeConditions(before?.conditions, conditionsOf(observed, resolution, problem), {
    now,
    generation,
  });
  const written = observed.secret !== undefined || (secret !== undefined && writeProblem === undefined);
  const status: BindingStatus = {
    observedGeneration: generation,
    ...(written ? { secretName: observed.secretName } : {}),
    conditions,
    ...keysOf(observed, now),
    ...applicationsOf(observed),
  };
  const withdraws = resolution.kind === 'problems' && resolution.withdraws === true && observed.secret !== undefined;
  return { secret, files: desiredFiles(observed, resolution), withdraws, status };
}

/** Whether two statuses say the same, in whatever order server-side apply left their keys and conditions. */
export function sameStatus(a: BindingStatus | undefined, b: BindingStatus): boolean {
  if (a === undefined) return false;
  // Conditions of other types are somebody else's: server-side apply leaves them there.
  const types = new Set(b.conditions?.map(({ type }) => type));
  const own = a.conditions?.filter(({ type }) => types.has(type));
  return isDeepStrictEqual(inOrder({ ...a, ...(own === undefined ? {} : { conditions: own }) }), inOrder(b));
}

function inOrder({ keys, conditions, ...rest }: BindingStatus): object {
  const sorted = <T>(items: readonly T[] | undefined, name: (item: T) => string): T[] | undefined =>
    items?.toSorted((x, y) => (name(x) < name(y) ? -1 : 1));
  return { ...rest, keys: sorted(keys, ({ key }) => key), conditions: sorted(conditions, ({ type }) => type) };
}

function desiredSecret(observed: Observed, resolution: Resolution, now: Date): Secret | undefined {
  if (resolution.kind === 'content')
    return changedSecret(observed, resolution.content, specDigest(observed.binding.spec), now);
  const { secret } = observed;
  // A withdrawn grant takes its values away from a Secret that is there; it never makes one.
  if (resolution.kind === 'problems' && resolution.remains && secret)
    return changedSecret(observed, resolution.remains, INCOMPLETE, now);
  return undefined;
}

/**
 * The Secret with the files. One that is there is emptied when the binding gives none any more: it is mounted by executors of
 * jobs that run, which could not start without it.
 */
function desiredFiles(observed: Observed, resolution: Resolution): Secret | undefined {
  const { files: present, binding } = observed;
  if (resolution.kind === 'content') {
    const files = resolution.content.files ?? (present && NO_FILES);
    return files && changedFiles(observed, files, specDigest(binding.spec));
  }
  if (resolution.kind === 'problems' && resolution.remains && present)
    return changedFiles(observed, resolution.remains.files ?? NO_FILES, INCOMPLETE);
  return undefined;
}

/** Why the values are not all there, or undefined when they are: also those of the last good read count. */
function unresolved(observed: Observed, resolution: Resolution): Problem | undefined {
  if (resolution.kind === 'content') return undefined;
  if (resolution.kind === 'problems') return joined(resolution.problems);
  return keepsLastGood(observed) ? undefined : resolution.problem;
}

/** The Secret was written completely for this very spec. */
function keepsLastGood({ binding, secret }: Observed): boolean {
  return secret?.metadata.annotations?.[ANNOTATIONS.specDigest] === specDigest(binding.spec);
}

function joined(problems: readonly Problem[]): Problem | undefined {
  const [first] = problems;
  const messages = problems.slice(0, MOST_PROBLEMS).map(({ message }) => message);
  if (problems.length > MOST_PROBLEMS) messages.push(`And ${problems.length - MOST_PROBLEMS} more of this kind.`);
  return first && { reason: first.reason, message: messages.join(' ') };
}

function conditionsOf(observed: Observed, resolution: Resolution, problem: Problem | undefined): DesiredCondition[] {
  const resolved: DesiredCondition = problem
    ? { type: 'Resolved', status: 'False', ...problem }
    : {
        type: 'Resolved',
        status: 'True',
        reason: 'AllKeysResolved',
        message: 'Every key has a value, and the Secret holds it.',
      };
  const obstacle = problem ?? staleness(observed, resolution) ?? coverageProblem(observed);
  const ready: DesiredCondition = obstacle
    ? { type: 'Ready', status: 'False', ...obstacle }
    : { type: 'Ready', status: 'True', reason: 'Injecting', message: readyMessage(observed, resolution) };
  return [ready, resolved];
}

/** The store fails, altogether or of single keys, but the values of the last good read are there. */
function staleness(observed: Observed, resolution: Resolution): Problem | undefined {
  const { answer } = observed;
  const problem = resolution.kind === 'unknown' ? resolution.problem : answer && staleProblem(observed, answer);
  return problem && { ...problem, message: `Jobs start with the values of the last good read. ${problem.message}` };
}

function coverageProblem({ binding, coverage }: Observed): Problem | undefined {
  const { namespace = '' } = binding.metadata;
  switch (coverage) {
    case 'covered':
      return undefined;
    case 'pending':
      return {
        reason: 'NamespaceNotCovered',
        message: `The webhook does not cover namespace ${namespace} yet. It follows within a second; if not, look at the operator's log.`,
      };
    case 'excluded':
      return {
        reason: 'NamespaceExcluded',
        message: `The webhook never covers namespace ${namespace}, so that it can't block the cluster itself: run Spark in another namespace.`,
      };
    case 'missing':
      return {
        reason: 'NamespaceNotCovered',
        message:
          "The operator's MutatingWebhookConfiguration is gone: install the chart, or apply install.yaml, again.",
      };
  }
}

function readyMessage({ binding }: Observed, resolution: Resolution): string {
  const names = resolution.kind === 'content' ? Object.keys(resolution.content.envKeys) : [];
  const env = names.filter((name) => !isCarrier(name)).length;
  const conf = expandedSpec(binding.spec).sparkConf?.length ?? 0;
  const files = binding.spec.files?.length ?? 0;
  const [variables, properties] = [
    counted(env, 'environment variable', 's'),
    counted(conf, 'Spark propert', 'ies', 'y'),
  ];
  if (files === 0) return `Matching Spark jobs get ${variables} and ${properties}.`;
  return `Matching Spark jobs get ${variables}, ${properties} and ${counted(files, 'file', 's')}.`;
}

function counted(count: number, word: string, plural: string, singular = ''): string {
  return `${count} ${word}${count === 1 ? singular : plural}`;
}

/** Versions of the keys in use. While the store can't tell, what was known before; never more than the CRD takes. */
function keysOf({ binding, answer, requirements }: Observed, now: Date): Pick<BindingStatus, 'keys'> {
  const before = binding.status?.keys ?? [];
  if (answer === undefined) return before.length > 0 ? { keys: before } : {};
  const known = new Map(before.map((entry) => [entry.key, entry]));
  const keys = [...answer.values].map(([key, { version }]) => {
    const old = known.get(key);
    return old?.version === version ? old : { key, version, lastChangeTime: timestamp(now) };
  });
  const told = new Set<string>(answer.values.keys());
  const isTold = answer.unknown.length === 0 && requirements.groups.every((group) => answer.groups.has(group));
  const gone = goneKeys({ answer });
  const untold = new Set<string>([...answer.unknown, ...answer.failed.keys()]);
  const kept = before.filter(({ key }) => !told.has(key) && !gone.has(key) && (!isTold || untold.has(key)));
  const all = [...keys, ...kept].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, MOST_KEYS);
  return all.length > 0 ? { keys: all } : {};
}

function applicationsOf({ drivers }: Observed): Pick<BindingStatus, 'applications'> {
  const applications = [...drivers]
    .sort((a, b) => (age(a) < age(b) ? 1 : -1))
    .slice(0, MOST_APPLICATIONS)
    .map(({ metadata, status, application }) => ({
      name: application ?? metadata.name,
      driver: metadata.name,
      ...(status?.phase === undefined ? {} : { phase: status.phase }),
      ...(metadata.creationTimestamp === undefined ? {} : { since: metadata.creationTimestamp }),
    }));
  return applications.length > 0 ? { applications } : {};
}

/** Creation, to the second; the name decides among drivers of the same second, so that the order is always the same. */
function age({ metadata }: DriverPod): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
}
