import type { SparkJobSecretBinding } from '../../api/kinds.ts';
import { matchesApplication } from '../applications.ts';
import type { SelectionReason } from './result.ts';
import type { Pod } from '../pod.ts';

/**
 * For each part of a binding's selector, in words, whether it holds for a pod whose application has these names. All hold
 * exactly when `selects` says so and the binding is not being deleted.
 */
export function selectionReasons(
  { metadata, spec: { selector } }: SparkJobSecretBinding,
  pod: Pod,
  names: readonly string[],
): readonly SelectionReason[] {
  const labels = Object.entries(selector.matchLabels ?? {});
  const patterns = selector.applications ?? [];
  const deleted = metadata.deletionTimestamp == null ? [] : [no('the binding is being deleted')];
  if (labels.length === 0 && patterns.length === 0) return [...deleted, no('its selector is empty, and means no pod')];
  const podLabels = new Map(Object.entries(pod.metadata?.labels ?? {}));
  const ofLabels = labels.map(([name, wanted]) => labelReason(name, wanted, podLabels.get(name)));
  return [...deleted, ...ofLabels, ...(patterns.length === 0 ? [] : [applicationReason(patterns, names)])];
}

function labelReason(name: string, wanted: string, found: string | undefined): SelectionReason {
  if (found === wanted) return yes(`label ${name} is "${wanted}"`);
  if (found === undefined) return no(`label ${name} is missing: it would have to be "${wanted}"`);
  return no(`label ${name} is "${found}", not "${wanted}"`);
}

function applicationReason(patterns: readonly string[], names: readonly string[]): SelectionReason {
  for (const pattern of patterns) {
    const name = names.find((one) => matchesApplication(pattern, one));
    if (name !== undefined) return yes(`application ${name} matches ${pattern}`);
  }
  const wanted = patterns.join(' or ');
  if (names.length === 0) return no(`the pod tells no name of an application that could match ${wanted}`);
  return no(`no name of the application (${names.join(', ')}) matches ${wanted}`);
}

function yes(text: string): SelectionReason {
  return { holds: true, text };
}

function no(text: string): SelectionReason {
  return { holds: false, text };
}
