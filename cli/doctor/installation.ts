import type { Condition } from '../../operator/api/conditions.ts';
import type { ConfigMap, SecretStoreConfig, SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import type { WebhookConfiguration } from '../../operator/webhook/webhook-configuration.ts';
import type { StoreInFull } from '../api/answers.ts';
import type { Got } from '../cluster/kube-api.ts';
import type { Pod, Service } from '../cluster/operator-place.ts';
import type { Looked } from './looked.ts';

export interface Crd extends KubeObject {
  readonly spec: {
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema?: { readonly openAPIV3Schema?: object };
    }[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
  };
}

export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly renewTime?: string;
  };
}

export interface EndpointSlice extends KubeObject {
  readonly ports?: readonly { readonly name?: string }[];
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[];
}

/** What the API says, and with which certificate. */
export interface ApiSeen {
  readonly caller: string;
  readonly stores: readonly StoreInFull[];
}

/** A custom resource definition as this version has it, and as it is in the cluster. */
export interface CrdSeen {
  readonly wanted: Crd;
  readonly found: Looked<Crd | undefined>;
}

/** All that is known of an installation. */
export interface Installation {
  /** Where the operator is looked for. */
  readonly namespace: string;
  /** Of this command. */
  readonly version: string;
  readonly crds: readonly CrdSeen[];
  readonly service: Looked<Service>;
  readonly deployment: Looked<Deployment | undefined>;
  readonly pods: Looked<readonly Pod[]>;
  readonly slices: Looked<readonly EndpointSlice[]>;
  readonly lease: Looked<Got<Lease> | undefined>;
  readonly webhook: Looked<WebhookConfiguration | undefined>;
  /** By which clients trust the API. */
  readonly authorities: Looked<ConfigMap | undefined>;
  /** Until when the certificate is good that the API serves, by a verified connection. */
  readonly certificate: Looked<Date>;
  readonly api: Looked<ApiSeen>;
  readonly stores: Looked<readonly SecretStoreConfig[]>;
  readonly bindings: Looked<readonly SparkJobSecretBinding[]>;
}
