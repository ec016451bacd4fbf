import type { DriverPod } from '../../api/kinds.ts';
import {
  APACHE_GROUP,
  KUBEFLOW_GROUP,
  KUBEFLOW_LAUNCHED,
  KUBEFLOW_NAME,
  sparkApplicationKind,
  type SparkApplication,
} from '../../api/spark-applications.ts';
import type { KubeKind } from '../../runtime/kube-object.ts';

/** The application that a driver belongs to, whose operator starts drivers anew. */
export interface Manager {
  readonly kind: KubeKind<SparkApplication>;
  readonly name: string;
  /** Undefined: only a label tells the name. */
  readonly uid: string | undefined;
}

/** Who manages a driver; undefined for plain spark-submit. */
export function managerOf(driver: DriverPod): Manager | undefined {
  return byOwner(driver) ?? byLabel(driver);
}

function byOwner({ metadata }: DriverPod): Manager | undefined {
  for (const { apiVersion, kind, name, uid } of metadata.ownerReferences ?? []) {
    const [group = '', version = ''] = apiVersion.split('/');
    if (kind === 'SparkApplication' && [KUBEFLOW_GROUP, APACHE_GROUP].includes(group))
      return { kind: sparkApplicationKind(group, version), name, uid };
  }
  return undefined;
}

function byLabel({ metadata: { labels = {} } }: DriverPod): Manager | undefined {
  const name = labels[KUBEFLOW_NAME];
  if (name === undefined || labels[KUBEFLOW_LAUNCHED] !== 'true') return undefined;
  return { kind: sparkApplicationKind(KUBEFLOW_GROUP, 'v1beta2'), name, uid: undefined };
}
