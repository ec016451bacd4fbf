import { ANNOTATIONS, DRIVER_ROLES, LABELS } from '../../api/group.ts';
import { storeRefOf, type SparkJobSecretBinding } from '../../api/kinds.ts';
import type { BindingView } from '../binding-view.ts';
import { decide } from '../decide.ts';
import { bindingItems } from './additions.ts';
import { explainedReferences } from './references.ts';
import type {
  ExplainedBinding,
  ExplainedCondition,
  ExplainedItem,
  ExplainedReference,
  Explanation,
  Outlook,
} from './result.ts';
import { selectionReasons } from './selection.ts';
import type { Subject } from './subject.ts';
import { MERGE_CONTAINER } from '../merge-container.ts';
import type { PatchOptions } from '../patch-pod.ts';
import type { Container, Pod } from '../pod.ts';
import { applicationNames, driverOf, runnerOf } from '../runners/registry.ts';
import { selects } from '../select.ts';

/** Any name of a run: the answer does not depend on it. */
const RUN = 'explaining';

/**
 * Which of these bindings, all of the pod's namespace, select it and why or why not, what they give, and what the webhook
 * answers: that comes from `decide` itself. Pure; holds names, keys and sentences, never a value.
 */
export function explain(subject: Subject, views: readonly BindingView[], options: PatchOptions = {}): Explanation {
  const { pod } = subject;
  const sorted = [...views].sort((a, b) => (a.binding.metadata.name < b.binding.metadata.name ? -1 : 1));
  const selected = sorted.filter(({ binding }) => isSelected(binding, pod));
  const found = driverOf(pod);
  const driver = found === undefined || 'problem' in found ? undefined : found.container;
  const references = explainedReferences(subject, driver, selected);
  const outlook = outlookOf(subject, sorted, options);
  const names = applicationNames(pod);
  return {
    subject: subject.about,
    application: { names, launchedBy: runnerOf(pod)?.name ?? null },
    ...verdictOf(subject, outlook, references),
    bindings: sorted.map((view) => explainedBinding(view, subject, { names, driver })),
    references,
    notes: subject.notes,
  };
}

/**
 * Whether the webhook is asked about such a pod: the label selectors of its configuration (`webhook/coverage.ts`), but
 * for executors.
 */
export function isWatchedPod({ metadata }: Pod): boolean {
  const { 'spark-role': role = '', [LABELS.inject]: inject } = metadata?.labels ?? {};
  return DRIVER_ROLES.includes(role) || (inject === 'true' && role !== 'executor');
}

function isSelected({ metadata, spec }: SparkJobSecretBinding, pod: Pod): boolean {
  return metadata.deletionTimestamp == null && selects(spec.selector, pod);
}

/** What the webhook would say to such a pod. */
function outlookOf({ pod }: Subject, views: readonly BindingView[], options: PatchOptions): Outlook {
  if (pod.metadata?.labels?.['spark-role'] === 'executor') return notSelected(EXECUTOR);
  if (!isWatchedPod(pod)) return notSelected(UNWATCHED);
  const decision = decide(pod, views, RUN, options);
  switch (decision.kind) {
    case 'none':
      return notSelected(views.length === 0 ? 'The namespace has no SparkJobSecretBinding.' : UNSELECTED);
    case 'wait':
      return { verdict: 'Waits', messages: [decision.message], warnings: [] };
    case 'deny':
      return { verdict: 'Refused', messages: [decision.message], warnings: [] };
    case 'patch':
      return { verdict: 'WouldInject', messages: [], warnings: decision.warnings };
  }
}

const EXECUTOR = 'This is an executor: Spark gives it what its driver was given. Explain the driver.';
const UNWATCHED = `The webhook is not asked about this pod: it is asked about pods with the label spark-role ${DRIVER_ROLES.join(' or ')}, and about those with ${LABELS.inject}: "true".`;
const UNSELECTED = 'No SparkJobSecretBinding of the namespace selects it.';
const LATE = 'The pod is there without secrets, and nothing can be added to it any more: create it again.';

function notSelected(message: string): Outlook {
  return { verdict: 'NotSelected', messages: [message], warnings: [] };
}

function verdictOf(
  { pod, isThere }: Subject,
  outlook: Outlook,
  references: readonly ExplainedReference[],
): Pick<Explanation, 'verdict' | 'messages' | 'warnings' | 'ifCreatedNow'> {
  if (isInjected(pod)) {
    const bindings = pod.metadata?.annotations?.[ANNOTATIONS.bindings] ?? '';
    return {
      verdict: 'Injected',
      messages: [`It has the secrets of ${bindings}.`],
      warnings: [],
      ifCreatedNow: outlook,
    };
  }
  if (outlook.verdict !== 'WouldInject')
    return isThere && outlook.verdict !== 'NotSelected'
      ? { ...outlook, messages: [...outlook.messages, LATE] }
      : outlook;
  // Of references in files the webhook knows nothing: the init container finds them.
  const told = (wanted: ExplainedReference['outcome'], start: string): string[] => {
    const problems = references.flatMap(({ outcome, problem }) => (outcome === wanted && problem ? [problem] : []));
    return problems.length === 0 ? [] : [`${start} ${problems.join(' ')}`];
  };
  const messages = [...told('Stops', 'Its driver would not start:'), ...told('Left', 'Not resolved:')];
  return { ...outlook, messages: [...messages, ...(isThere ? [LATE] : [])] };
}

function isInjected({ metadata, spec }: Pod): boolean {
  const isMerged = spec?.initContainers?.some(({ name }) => name === MERGE_CONTAINER) === true;
  return isMerged && metadata?.labels?.[LABELS.injected] === 'true';
}

function explainedBinding(
  view: BindingView,
  subject: Subject,
  { names, driver }: { readonly names: readonly string[]; readonly driver: Container | undefined },
): ExplainedBinding {
  const { binding } = view;
  const items = bindingItems(view);
  const isOld = isInjected(subject.pod);
  return {
    name: binding.metadata.name,
    selected: isSelected(binding, subject.pod),
    reasons: selectionReasons(binding, subject.pod, names),
    ready: readyOf(binding),
    store: storeRefOf(binding),
    scope: binding.spec.scope ?? 'Shared',
    gives: isOld ? items : items.map((item) => withNote(item, view, subject, driver)),
  };
}

function readyOf({ metadata, status }: SparkJobSecretBinding): ExplainedCondition {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (condition === undefined) return { status: 'Unknown', reason: '', message: 'not reconciled yet' };
  const { reason, message, observedGeneration = metadata.generation } = condition;
  const isOld = observedGeneration !== metadata.generation;
  return { status: condition.status, reason, message: isOld ? `${message} (of an older version of it)` : message };
}

function withNote(
  item: ExplainedItem,
  { binding }: BindingView,
  { conf }: Subject,
  driver: Container | undefined,
): ExplainedItem {
  const own =
    item.what === 'property'
      ? conf.some(({ name }) => name === item.name)
      : item.what === 'variable' &&
        item.reaches.includes('driver') &&
        driver?.env?.some(({ name }) => name === item.name) === true;
  if (!own) return item;
  const isKept = binding.spec.precedence === 'Pod';
  return { ...item, note: isKept ? "the job's own counts (precedence: Pod)" : "replaces the job's own" };
}
