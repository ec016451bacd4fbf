import { envEntry } from './conf/wiring.ts';
import type { Container, EnvVar } from './pod.ts';

/** Where pods find the operator's API, and whom they trust there. No secret. */
export interface ApiAddress {
  /** `https://host:port`. */
  readonly url: string;
  /** Certificates of authorities, each DER in base64, separated by single spaces. */
  readonly authorities: string;
}

const URL_VARIABLE = 'SPARK_SECRETS_API_URL';
const CA_VARIABLE = 'SPARK_SECRETS_API_CA';
const BOTH = [URL_VARIABLE, CA_VARIABLE] as const;

/** By which a job tells its executors itself. */
export const API_PROPERTIES: readonly string[] = BOTH.map((name) => `spark.executorEnv.${name}`);

/** By which variables a pod is told where the API is. */
export interface ApiVariables {
  /** Of the init container: the merge script hands them on to executors, unless the job says something itself. */
  readonly merge: readonly EnvVar[];
  /** Of the driver's container. */
  readonly driver: readonly EnvVar[];
}

/**
 * The variables of a driver's pod. What it was told once stays: between two calls of the webhook the authorities may have
 * changed. A driver that has one of the two variables from its job is told nothing: they belong together.
 */
export function apiVariables(
  driver: Container,
  merge: Container | undefined,
  address: ApiAddress | undefined,
): ApiVariables {
  const told = merge === undefined ? variablesOf(address) : presentIn(merge);
  const isOwn = told.some(({ name, value }) => {
    const entry = envEntry(driver, name);
    return entry !== undefined && entry.value !== value;
  });
  return { merge: told, driver: isOwn ? [] : told };
}

function variablesOf(address: ApiAddress | undefined): readonly EnvVar[] {
  if (address === undefined) return [];
  const { url, authorities } = address;
  return [
    { name: URL_VARIABLE, value: url },
    { name: CA_VARIABLE, value: authorities },
  ];
}

function presentIn(merge: Container): readonly EnvVar[] {
  return BOTH.flatMap((name) => {
    const value = envEntry(merge, name)?.value;
    return value === undefined ? [] : [{ name, value }];
  });
}
