import { text } from 'node:stream/consumers';

/** Text, numbers, lists and objects as they stand in JSON. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
type JsonObject = { readonly [key: string]: Json | undefined };

/** A pod as `kubectl get pod --output=json` prints it. */
export interface RecordedPod {
  readonly metadata: object;
  readonly spec: object;
}

const SERVER_METADATA = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
];
/** What the scheduler and admission plugins add, the same in every pod. */
const SERVER_SPEC = ['nodeName', 'preemptionPolicy', 'priority', 'tolerations'];
/** The volume with the token of the ServiceAccount, which an admission plugin adds. */
const TOKEN_VOLUME = /^kube-api-access-/;
/** What the admission plugin DefaultTolerationSeconds gives every pod. */
const DEFAULT_TOLERATION = /^node[.]kubernetes[.]io\/(not-ready|unreachable)$/;
const NO_UID = '00000000-0000-0000-0000-000000000000';
/** An address of a cluster becomes one of those that RFC 5737 keeps for documentation. */
const ADDRESS = /(?<![\d.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;
const NO_ADDRESS = '192.0.2.1';

/**
 * A golden pod of a pod of a cluster: what was posted, without what the API server, its admission plugins, the scheduler
 * and the kubelet added, and without addresses. Labels, annotations, containers and volumes stay as they are, the API
 * server's defaults too.
 */
export function goldenOf(pod: RecordedPod): object {
  const metadata = without(pod.metadata as JsonObject, SERVER_METADATA);
  const spec = goldenSpec(pod.spec as JsonObject);
  const owners = listOf(metadata['ownerReferences']).map((owner) => ({ ...owner, uid: NO_UID }));
  const golden = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, ...(owners.length > 0 && { ownerReferences: owners }) },
    spec,
  };
  return withoutAddresses(golden) as object;
}

/** The text of a golden file, before prettier draws short lists together. */
export function goldenText(pod: RecordedPod): string {
  return `${JSON.stringify(goldenOf(pod), null, 2)}\n`;
}

function goldenSpec(spec: JsonObject): JsonObject {
  const tolerations = listOf(spec['tolerations']).filter(
    ({ key }) => !(typeof key === 'string' && DEFAULT_TOLERATION.test(key)),
  );
  const parts: Record<string, Json> = {};
  for (const kind of ['initContainers', 'containers']) {
    const containers = listOf(spec[kind]).map(withoutToken);
    if (containers.length > 0) parts[kind] = containers;
  }
  const volumes = listOf(spec['volumes']).filter((volume) => !isToken(volume));
  if (volumes.length > 0) parts['volumes'] = volumes;
  if (tolerations.length > 0) parts['tolerations'] = tolerations;
  return { ...without(spec, [...SERVER_SPEC, 'volumes']), ...parts };
}

function withoutToken(container: JsonObject): JsonObject {
  const mounts = listOf(container['volumeMounts']).filter((mount) => !isToken(mount));
  return { ...without(container, ['volumeMounts']), ...(mounts.length > 0 && { volumeMounts: mounts }) };
}

function isToken({ name }: JsonObject): boolean {
  return typeof name === 'string' && TOKEN_VOLUME.test(name);
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function withoutAddresses(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll(ADDRESS, NO_ADDRESS);
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutAddresses);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, part]) => [key, part === undefined ? part : withoutAddresses(part)]),
  );
}

// kubectl get pod NAME --output=json | npx node test/injection/golden/record.ts > test/injection/golden/WHAT.json
if (import.meta.main) process.stdout.write(goldenText(JSON.parse(await text(process.stdin)) as RecordedPod));
