import type { Container, Pod } from '../pod.ts';

/**
 * How Spark is given properties.
 *
 * - `PropertiesFile`: the file of `--properties-file`, which the driver's command names.
 * - `DefaultsFile`: `spark-defaults.conf` in the folder that SPARK_CONF_DIR names.
 * - `JvmArguments`: a file of `-D` options that `java` reads by JDK_JAVA_OPTIONS; Java 9 and later.
 */
export type ConfKind = 'PropertiesFile' | 'DefaultsFile' | 'JvmArguments';

/** Where in a pod Spark's driver runs, and how it is given properties. */
export interface Driver {
  readonly container: Container;
  readonly conf: ConfKind;
}

/** What the pod's owner has to mend before it can be given secrets: a sentence. */
export interface PodProblem {
  readonly problem: string;
}

/** One way of launching Spark on Kubernetes: how its pods are recognised. */
export interface Runner {
  /** What it is called in messages. */
  readonly name: string;
  /** The names of the application that a user of it knows, as far as the pod tells, also of a pod that is not recognised. */
  applicationNames(pod: Pod): readonly string[];
  /** The driver in a pod that was launched so; undefined when it was launched in another way. */
  driver(pod: Pod): Driver | PodProblem | undefined;
}
