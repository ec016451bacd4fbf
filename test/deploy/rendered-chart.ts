import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { helm } from '../../deploy/manifests/helm.ts';
import type { Rule } from '../../deploy/manifests/rules.ts';

export type { Rule } from '../../deploy/manifests/rules.ts';

export const chart = join(import.meta.dirname, '..', '..', 'deploy', 'chart');

/** A Kubernetes object as far as these tests look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: unknown;
  readonly rules?: readonly Rule[];
  readonly webhooks?: unknown;
  readonly stringData?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly [field: string]: unknown;
}

export interface Container {
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly [field: string]: unknown;
}

const renderings = new Map<string, Promise<string>>();

/** All that an installation applies: what `helm test` makes comes and goes. */
const parts = ['--include-crds', '--skip-tests'];

/** The objects of the chart, rendered for release "try" in namespace "apart" with `--set-json` for each of the values. */
export async function rendered(values: Readonly<Record<string, unknown>> = {}): Promise<readonly Manifest[]> {
  const sets = Object.entries(values).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);
  const key = sets.join(' ');
  const text = renderings.get(key) ?? helm('template', 'try', chart, '--namespace', 'apart', ...parts, ...sets);
  renderings.set(key, text);
  return manifests(await text);
}

/** The objects in a text of several YAML documents. */
export function manifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(String(document.errors[0]));
    return document.toJS() as Manifest;
  });
}

/** The kinds of objects, in their order. */
export function kindsOf(objects: readonly Manifest[]): readonly string[] {
  return objects.map(({ kind }) => kind);
}

/** The only object of a kind. */
export function only(objects: readonly Manifest[], kind: string): Manifest {
  const found = objects.filter((object) => object.kind === kind);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} objects of kind ${kind}`);
  return found[0];
}

/** The Deployment's pod. */
export function pod(objects: readonly Manifest[]): { readonly metadata: Manifest['metadata']; readonly spec: PodSpec } {
  const spec = only(objects, 'Deployment').spec as { template: { metadata: Manifest['metadata']; spec: PodSpec } };
  return spec.template;
}

/** The Deployment's only container. */
export function container(objects: readonly Manifest[]): Container {
  const [first, ...others] = pod(objects).spec.containers;
  if (first === undefined || others.length > 0) throw new Error('one container is expected');
  return first;
}

/** The message of a failure. */
export async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('a failure is expected');
}
