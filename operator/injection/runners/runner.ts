import type { Container, Pod } from '../pod.ts';

/** One way of launching Spark on Kubernetes: how its driver pods are recognised. */
export interface Runner {
  /** What it is called in messages. */
  readonly name: string;
  /** Whether this pod is a driver that it launched, in a shape that can be given secrets. */
  recognises(pod: Pod): boolean;
  /** The application's name as far as the pod tells, also of a pod that is not recognised. */
  applicationNames(pod: Pod): readonly string[];
  /** The container that runs the driver; undefined when the pod is not recognised. */
  driverContainer(pod: Pod): Container | undefined;
}
