import type { BindingSpec } from '../../operator/api/kinds.ts';
import { UsageProblem } from '../problem.ts';

export type Selector = BindingSpec['selector'];

const LABEL = /^([A-Za-z0-9](?:[-A-Za-z0-9._/]*[A-Za-z0-9])?)=([A-Za-z0-9](?:[-A-Za-z0-9._]{0,61}[A-Za-z0-9])?)$/;

/** Of `--application` and `--label`; undefined when neither was given. Throws UsageProblem. */
export function selectorOf(applications: string | undefined, labels: string | undefined): Selector | undefined {
  const names = listOf(applications);
  const pairs = listOf(labels).map((text) => {
    const [, key = '', value = ''] = LABEL.exec(text) ?? [];
    if (key === '') throw new UsageProblem('--label is KEY=VALUE[,KEY=VALUE...], labels of driver pods');
    return [key, value] as const;
  });
  if (names.length + pairs.length === 0) return undefined;
  return {
    ...(pairs.length === 0 ? {} : { matchLabels: Object.fromEntries(pairs) }),
    ...(names.length === 0 ? {} : { applications: [...new Set(names)] }),
  };
}

/** The parts of a text with commas between them. */
export function listOf(text = ''): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
