import { LABELS } from '../../operator/api/group.ts';
import { POD, SECRET, SPARK_JOB_SECRET_BINDING, type SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { pathOf, type KubeObject } from '../../operator/runtime/kube-object.ts';
import { KubeApi, METADATA_LIST, type ClusterChoice, type List } from '../cluster/kube-api.ts';
import { Refusal } from '../cluster/refusal.ts';

/** The cluster as `explain` reads it, with the rights of whoever runs it. */
export interface ClusterReader {
  /** The context's namespace. */
  readonly namespace: string;
  /** Throws CommandProblem when it is not there. */
  pod(namespace: string, name: string): Promise<unknown>;
  bindings(namespace: string): Promise<readonly SparkJobSecretBinding[]>;
  /** Metadata of the bindings' Secrets: the API server leaves out their data. Undefined: this user may not list Secrets. */
  bindingSecrets(namespace: string): Promise<readonly KubeObject[] | undefined>;
}

/** The cluster of a kubeconfig. Throws CommandProblem when there is none. */
export function clusterReader(choice: ClusterChoice, signal?: AbortSignal): ClusterReader {
  const kube = new KubeApi(choice, signal);
  return {
    namespace: kube.namespace,
    pod: async (namespace, name) => (await kube.get(`pod ${namespace}/${name}`, pathOf(POD, namespace, name))).object,
    bindings: async (namespace) => {
      const what = `the SparkJobSecretBindings of ${namespace}`;
      const path = pathOf(SPARK_JOB_SECRET_BINDING, namespace);
      return (await kube.get<List<SparkJobSecretBinding>>(what, path)).object.items;
    },
    bindingSecrets: async (namespace) => {
      const path = `${pathOf(SECRET, namespace)}?labelSelector=${encodeURIComponent(LABELS.binding)}`;
      try {
        return (await kube.get<List<KubeObject>>(`metadata of Secrets of ${namespace}`, path, METADATA_LIST)).object
          .items;
      } catch (error) {
        if (Refusal.is(error, 403)) return undefined;
        throw error;
      }
    },
  };
}
