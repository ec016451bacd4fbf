import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import type { GeneratedFile } from './chart-crds.ts';

const root = join(import.meta.dirname, '..', '..');

/** One value of the chart, as values.yaml has it. */
export interface ChartValue {
  /** `secretStore.vaultSettings.endpoint`. */
  readonly path: string;
  /** The comment above it; empty for one that its group explains. */
  readonly meaning: string;
  /** Undefined: a group, whose values follow. */
  readonly preset: unknown;
}

/**
 * The chart's README.md: what it is, and all its values. They are told by the comments of values.yaml, so that there is one
 * place to write about a value.
 */
export async function chartReadme(): Promise<GeneratedFile> {
  const values = chartValues(await readFile(join(root, 'deploy', 'chart', 'values.yaml'), 'utf8'));
  const rows = values.map(({ path, meaning, preset }) => {
    const shown = preset === undefined ? '' : `\`${JSON.stringify(preset).replaceAll('|', '\\|')}\``;
    return `| \`${path}\` | ${shown} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  const content = `<!-- Generated from values.yaml by npm run generate: do not edit. -->

# Helm chart of the Spark secrets operator

How to install, upgrade and remove it, with Helm, Argo CD or Flux: [docs/install.md](../../docs/install.md). Dashboard and alerts:
[docs/monitoring.md](../../docs/monitoring.md). A value that is not listed here is refused.

| value | default | meaning |
| --- | --- | --- |
${rows.join('\n')}
`;
  return { path: 'deploy/chart/README.md', content };
}

/** The values of a values.yaml, in its order. A map without comments inside is one value. */
export function chartValues(text: string): readonly ChartValue[] {
  const comments = commentsOf(text);
  const isGroup = (path: string, value: unknown): value is Record<string, unknown> =>
    isMap(value) && [...comments.keys()].some((key) => key.startsWith(`${path}.`));
  const walk = (map: Record<string, unknown>, prefix: string): ChartValue[] =>
    Object.entries(map).flatMap(([key, value]): ChartValue[] => {
      const path = `${prefix}${key}`;
      const meaning = comments.get(path) ?? '';
      if (!isGroup(path, value)) return [{ path, meaning, preset: value }];
      return [...(meaning === '' ? [] : [{ path, meaning, preset: undefined }]), ...walk(value, `${path}.`)];
    });
  return walk(parse(text) as Record<string, unknown>, '');
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The comment right above each key. */
function commentsOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const above: { readonly indent: number; readonly key: string }[] = [];
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const [, indent = '', words, key] = /^( *)(?:# ?(.*)|([A-Za-z]\w*):.*)$/.exec(line) ?? [];
    if (words !== undefined) {
      comment.push(words);
      continue;
    }
    if (key !== undefined) {
      while ((above.at(-1)?.indent ?? -1) >= indent.length) above.pop();
      above.push({ indent: indent.length, key });
      if (comment.length > 0) found.set(above.map((one) => one.key).join('.'), comment.join(' '));
    }
    comment = [];
  }
  return found;
}
