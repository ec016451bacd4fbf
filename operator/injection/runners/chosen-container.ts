import { ANNOTATIONS } from '../../api/group.ts';
import type { Container, Pod } from '../pod.ts';
import type { PodProblem } from './runner.ts';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';
const DRIVER_NAME = 'spark-kubernetes-driver';

/**
 * The container of a pod that runs Spark's driver: the one that our annotation names, which must be there; else the first
 * that `runs` Spark by its command; else kubectl's default container, one with the name that Spark itself gives, or the first.
 */
export function chosenContainer(
  pod: Pod,
  runs: (container: Container) => boolean = () => false,
): Container | PodProblem {
  const containers = pod.spec?.containers ?? [];
  const { [ANNOTATIONS.container]: wanted, [DEFAULT_CONTAINER]: usual } = pod.metadata?.annotations ?? {};
  const named = (name: string): Container | undefined => containers.find((one) => one.name === name);
  if (wanted !== undefined) return named(wanted) ?? { problem: unknown(wanted, containers) };
  const likely = [containers.find(runs), named(usual ?? ''), named(DRIVER_NAME), containers[0]];
  return likely.find((container) => container !== undefined) ?? { problem: 'The pod has no container.' };
}

function unknown(wanted: string, containers: readonly Container[]): string {
  const names = containers.map(({ name }) => name).join(', ');
  return `The annotation ${ANNOTATIONS.container} names the container ${wanted}, which the pod does not have: set it to one of ${names}.`;
}
