import { join } from 'node:path';
import { CERTIFICATE_TIMES, type CertificateTimes } from './webhook/certificate-times.ts';

/** What a process of the operator does: all of it by default. The chart can have a process for each (`apart`). */
export const ROLES = ['controller', 'webhook', 'api'] as const;
export type Role = (typeof ROLES)[number];

/** How the process was set up: read once, never changed. */
export interface Config {
  readonly roles: ReadonlySet<Role>;
  /** The operator's own namespace. */
  readonly namespace: string;
  /** The only namespaces that it watches, its own among them; undefined: the whole cluster. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** Name of the operator's own ServiceAccount; undefined: it runs without one, and can't log in to stores with it. */
  readonly serviceAccount: string | undefined;
  /** Namespaces whose stores may log in with that ServiceAccount. */
  readonly identityNamespaces: readonly string[];
  /** Unique among the replicas. */
  readonly identity: string;
  /** Name of the Service in front of the webhook. */
  readonly webhookService: string;
  /** `https://host:port` that the API server calls instead of the Service: for an operator outside of the cluster. */
  readonly webhookUrl: string | undefined;
  /** Name of the MutatingWebhookConfiguration that the chart made. */
  readonly webhookConfiguration: string;
  readonly webhookPort: number;
  /** HTTPS: the API for people and programs. */
  readonly apiPort: number;
  /** Serves /healthz, /readyz and /metrics. */
  readonly healthPort: number;
  readonly leaseName: string;
  /** Name of the Secret with the webhook's certificates. */
  readonly certificateSecret: string;
  /** Who fills that Secret: the operator, which then has an authority of its own, or cert-manager. */
  readonly certificateSource: CertificateSource;
  /** Not of the environment. */
  readonly certificateTimes: CertificateTimes;
  /** Name of the ConfigMap with the authorities that clients are to trust. */
  readonly caConfigMap: string;
  readonly clusterDomain: string;
  /** The image that this process runs from, as its pod names it; undefined: it was not told, or runs from none. */
  readonly operatorImage: string | undefined;
  /** Folder of the built Secrets page; it need not be there. */
  readonly consoleFolder: string;
  readonly logLevel: LogLevel;
}

const CERTIFICATE_SOURCES = ['operator', 'cert-manager'] as const;
export type CertificateSource = (typeof CERTIFICATE_SOURCES)[number];

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** RFC 1123, a label. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration in an environment, as the chart sets it. Throws an Error that names the variable to mend. */
export function readConfig(environment: Environment): Config {
  const namespace = required(environment, 'POD_NAMESPACE');
  return Object.freeze({
    roles: new Set(roles(environment['ROLES'])),
    namespace,
    watchNamespaces: watched(environment['WATCH_NAMESPACES'], namespace),
    serviceAccount: environment['SERVICE_ACCOUNT'],
    identityNamespaces: list(environment['IDENTITY_NAMESPACES']) ?? [namespace],
    identity: required(environment, 'POD_NAME'),
    ...namesOf(environment),
    webhookUrl: environment['WEBHOOK_URL'],
    webhookPort: port(environment, 'WEBHOOK_PORT', 8443),
    apiPort: port(environment, 'API_PORT', 8444),
    healthPort: port(environment, 'HEALTH_PORT', 8080),
    certificateSource: oneOf(environment, 'CERTIFICATE_SOURCE', CERTIFICATE_SOURCES, 'operator'),
    certificateTimes: CERTIFICATE_TIMES,
    clusterDomain: environment['CLUSTER_DOMAIN'] ?? 'cluster.local',
    // Without a name there is none: '' in a pod would be refused by the API server.
    operatorImage: environment['OPERATOR_IMAGE'] === '' ? undefined : environment['OPERATOR_IMAGE'],
    // In the image it lies beside the operator's one file.
    consoleFolder: environment['CONSOLE_FOLDER'] ?? join(import.meta.dirname, 'console'),
    logLevel: oneOf(environment, 'LOG_LEVEL', LOG_LEVELS, 'info'),
  });
}

/** Of what the chart made. */
type Names = 'webhookService' | 'webhookConfiguration' | 'leaseName' | 'certificateSecret' | 'caConfigMap';
function namesOf(environment: Environment): Pick<Config, Names> {
  return {
    webhookService: environment['WEBHOOK_SERVICE'] ?? 'spark-secrets-operator',
    webhookConfiguration: environment['WEBHOOK_CONFIGURATION'] ?? 'spark-secrets-operator',
    leaseName: environment['LEASE_NAME'] ?? 'spark-secrets-operator',
    certificateSecret: environment['CERTIFICATE_SECRET'] ?? 'spark-secrets-operator-webhook',
    caConfigMap: environment['CA_CONFIG_MAP'] ?? 'spark-secrets-operator-ca',
  };
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: the chart sets it from the pod's fields`);
  return value;
}

/** A list without a name would be the whole cluster by mistake. */
function watched(text: string | undefined, own: string): string[] | undefined {
  if (text === undefined || text === '') return undefined;
  const names = list(text) ?? [];
  const bad = names.find((name) => !NAMESPACE.test(name));
  if (bad !== undefined) throw new Error(`WATCH_NAMESPACES names ${bad}, which can be no namespace`);
  if (names.length === 0) throw new Error('WATCH_NAMESPACES names no namespace: unset it to watch the whole cluster');
  return [...new Set([own, ...names])];
}

function roles(text: string | undefined): readonly Role[] {
  const names = list(text) ?? ROLES;
  const bad = names.find((name) => !ROLES.some((role) => role === name));
  if (bad !== undefined) throw new Error(`ROLES names ${bad}: there are ${ROLES.join(', ')}`);
  if (names.length === 0) throw new Error('ROLES names none: unset it to have all of them');
  return ROLES.filter((role) => names.includes(role));
}

/** Comma separated. An empty text is an empty list. */
function list(text: string | undefined): string[] | undefined {
  return text?.split(',').flatMap((item) => item.trim() || []);
}

function port(environment: Environment, name: string, fallback: number): number {
  const text = environment[name];
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new Error(`${name} is no port: ${String(text)}`);
  return value;
}

/** The value of a variable that takes one of these. */
function oneOf<T extends string>(environment: Environment, name: string, known: readonly T[], fallback: T): T {
  const text = environment[name] ?? fallback;
  const found = known.find((each) => each === text);
  if (found === undefined) throw new Error(`${name} is ${text}: one of ${known.join(', ')}`);
  return found;
}
