import type { BindingSpec } from '../api/kinds.ts';
import { matchesApplication } from './applications.ts';
import type { Pod } from './pod.ts';
import { applicationNames } from './runners/registry.ts';

/** Whether a binding's selector means this pod: all given parts must hold. One without any part means no pod. */
export function selects(selector: BindingSpec['selector'], pod: Pod): boolean {
  const labels = Object.entries(selector.matchLabels ?? {});
  const patterns = selector.applications ?? [];
  if (labels.length === 0 && patterns.length === 0) return false;
  const podLabels = new Map(Object.entries(pod.metadata?.labels ?? {}));
  if (!labels.every(([name, value]) => podLabels.get(name) === value)) return false;
  if (patterns.length === 0) return true;
  const names = applicationNames(pod);
  return patterns.some((pattern) => names.some((name) => matchesApplication(pattern, name)));
}
