/**
 * The parts of a pod that injection reads or writes, as they stand in the API server's JSON. Written here because
 * client-node's are classes, which JSON is no instance of; a `V1Pod` can be passed as well.
 */
export interface Pod {
  readonly metadata?: PodMetadata;
  readonly spec?: PodSpec;
}

export interface PodMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly object[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly resources?: Resources;
  readonly securityContext?: object;
  readonly terminationMessagePolicy?: string;
}

/** Amounts by what they are of, `cpu` or `memory` for example. */
export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  /** With `$(NAME)` of the container's own variables. */
  readonly subPathExpr?: string;
  readonly mountPropagation?: string;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: object;
  readonly downwardAPI?: object;
  readonly emptyDir?: object;
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly projected?: object;
  readonly secret?: object;
}
