import { isDeepStrictEqual } from 'node:util';
import { contains } from './json-patch.ts';
import type { Resources } from './pod.ts';

/** Of a driver that says nothing of them. */
const FIXED = { cpu: '100m', memory: '64Mi' };
/** What a LimitRange may say of a container. */
const LIMITED = ['cpu', 'memory', 'ephemeral-storage'];

/**
 * What the init container may use: what its driver may. A LimitRange lets both through or none, the pod's class stays, and
 * it costs nothing, as init containers run before. Where the driver has neither cpu nor memory, a little.
 */
export function mergeResources(driver: Resources = {}): Resources {
  if (isDeepStrictEqual(main(driver), {})) return { requests: FIXED, limits: FIXED };
  return only(driver, (name) => LIMITED.includes(name));
}

/** Whether present resources are as wanted, but for what others gave beside cpu and memory. */
export function isInStep(present: Resources | undefined, wanted: Resources = {}): boolean {
  return contains(present, wanted) && isDeepStrictEqual(main(present), main(wanted));
}

/** What is present, with the wanted ones in the place of its cpu and memory. */
export function withMain(present: Resources = {}, wanted: Resources = {}): Resources {
  const { requests = {}, limits = {}, ...others } = present;
  const rest = only({ requests, limits }, (name) => !(name in FIXED));
  const both = { requests: { ...rest.requests, ...wanted.requests }, limits: { ...rest.limits, ...wanted.limits } };
  return { ...others, ...only(both, () => true) };
}

function main(resources: Resources = {}): Resources {
  return only(resources, (name) => name in FIXED);
}

/** Those of its requests and limits, without what is empty then. */
function only(resources: Resources, isWanted: (name: string) => boolean): Resources {
  const kinds = (['requests', 'limits'] as const).flatMap((kind) => {
    const amounts = Object.entries(resources[kind] ?? {}).filter(([name]) => isWanted(name));
    return amounts.length === 0 ? [] : [[kind, Object.fromEntries(amounts)] as const];
  });
  return Object.fromEntries(kinds);
}
