// Generated from crds/secretstoreconfigs.yaml by `npm run generate`. Do not edit.
import type {ObjectMeta} from '../../runtime/kube-object.ts';

/**
 * A SecretStoreConfig says where secret values live, and grants keys to the namespaces that may use them. It never holds a credential itself: credentials are references to Secrets in its own namespace.
 */
export interface SecretStoreConfig {
  apiVersion: 'secrets.iomete.com/v1alpha1';
  kind: 'SecretStoreConfig';
  metadata: ObjectMeta;
  /**
   * Where the values live and who may use them.
   */
  spec: {
    /**
     * The kind of store. The block of the same name describes it; the block kubernetes may be left out, as everything in it has a default.
     */
    type: 'database' | 'kubernetes' | 'vault';
    /**
     * Values in Kubernetes Secrets of this object's namespace. Key `NAME` is data key `NAME` of the Secret named by secretName; key `a/b/NAME` is data key `NAME` of the Secret `SECRETNAME.a.b`.
     */
    kubernetes?: {
      /**
       * Name of the Secret that holds the keys outside any group, in this object's namespace. Secrets of groups are named `SECRETNAME.GROUP`, with a dot for each slash; label them `secrets.iomete.com/store: SECRETNAME` to have their changes seen at once instead of at the next refreshInterval.
       */
      secretName?: string;
    };
    /**
     * Values in HashiCorp Vault or OpenBao, KV version 1 or 2.
     */
    vault?: {
      /**
       * URL of the server, without a path.
       */
      endpoint: string;
      /**
       * API path under which keys lie, such as `/v1/secret/data/iomete/poc`. The mount, the KV version and the prefix are read from it; key `a/K` is the secret `PREFIX/a/K` with the data `{"value": "…"}`.
       */
      path: string;
      /**
       * Where bindings may have credentials made for each run (secrets engines such as database), as globs of API paths below `/v1/`: `database/creds/readonly`, `database/creds/*`. With nothing listed, nowhere. The mount of the keys, and sys, auth, identity and cubbyhole, are never among them. Bindings of other namespaces need a grant in access as well. The operator needs more of a policy for this: see docs/dynamic-credentials.md.
       *
       * @maxItems 64
       */
      dynamicPaths?: string[];
      /**
       * Namespace of the server (Vault Enterprise, OpenBao), such as `team-a`.
       */
      namespace?: string;
      /**
       * How the operator logs in. Exactly one.
       */
      auth: {
        /**
         * A key of a Secret in this object's namespace that holds the token.
         */
        tokenSecretRef?: {
          /**
           * Name of the Secret.
           */
          name: string;
          /**
           * Key in the Secret's data.
           */
          key: string;
        };
        /**
         * Login with a token of the operator's own ServiceAccount (auth method kubernetes). Only for stores in the namespaces that the operator was installed to trust with it (by default its own): elsewhere use tokenSecretRef or appRole.
         */
        kubernetes?: {
          /**
           * Role of the auth method.
           */
          role: string;
          /**
           * Where the auth method is mounted.
           */
          mount?: string;
          /**
           * Audience of the token.
           */
          audience?: string;
        };
        /**
         * Login with an AppRole.
         */
        appRole?: {
          /**
           * The role id.
           */
          roleId: string;
          /**
           * A key of a Secret in this object's namespace that holds the secret id.
           */
          secretIdSecretRef: {
            /**
             * Name of the Secret.
             */
            name: string;
            /**
             * Key in the Secret's data.
             */
            key: string;
          };
          /**
           * Where the auth method is mounted.
           */
          mount?: string;
        };
        /**
         * Login with a token of the operator's own ServiceAccount (auth method jwt). Only for stores in the namespaces that the operator was installed to trust with it, as for kubernetes.
         */
        jwt?: {
          /**
           * Role of the auth method.
           */
          role: string;
          /**
           * Where the auth method is mounted.
           */
          mount?: string;
          /**
           * Audience of the token.
           */
          audience?: string;
        };
      };
      /**
       * How the server's certificate is checked.
       */
      tls?: {
        /**
         * A key of a Secret in this object's namespace that holds the CA certificates (PEM).
         */
        caSecretRef?: {
          /**
           * Name of the Secret.
           */
          name: string;
          /**
           * Key in the Secret's data.
           */
          key: string;
        };
        /**
         * Name expected in the certificate instead of the endpoint's.
         */
        serverName?: string;
      };
    };
    /**
     * Values in a table of a SQL database, sealed with a key that the database never sees.
     */
    database?: {
      /**
       * The kind of database. pg is PostgreSQL 13 or later; mysql2 is not yet supported.
       */
      client: 'pg' | 'mysql2';
      /**
       * A key of a Secret in this object's namespace that holds the connection URL (`postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`). sslmode is disable (the default), require, verify-ca or verify-full (these three check the certificate), or no-verify; a CA of your own goes into data key `ca.crt` of the same Secret. Files and sockets are refused.
       */
      connectionSecretRef: {
        /**
         * Name of the Secret.
         */
        name: string;
        /**
         * Key in the Secret's data.
         */
        key: string;
      };
      /**
       * Name of the table. The operator makes and migrates it, with `TABLE_history` (the last 20 versions of each key) and `TABLE_migrations` beside it; when these are there already, it needs no right to make tables.
       */
      table?: string;
      /**
       * How values are sealed in the table.
       */
      encryption?: {
        /**
         * A key of a Secret in this object's namespace that holds the key-encryption key: 32 bytes, as they are or in base64 (`openssl rand -base64 32`). Values remember the name of the key that sealed them: to rotate, add another key to the same Secret and name it here, run the command `rewrap`, then remove the old one. Never write a new key under an old name.
         */
        keySecretRef: {
          /**
           * Name of the Secret.
           */
          name: string;
          /**
           * Key in the Secret's data.
           */
          key: string;
        };
      };
      /**
       * Store values in clear. Only for trials.
       */
      allowPlaintext?: boolean;
    };
    /**
     * How stale a value may be, as a duration such as `30s` or `5m`; from 1s to 24h. Stores that can push changes are faster than this.
     */
    refreshInterval?: string;
    /**
     * Which keys other namespaces may use. With nothing listed, only this object's own namespace may use the store, and it may use every key always. Grants add up.
     *
     * @maxItems 256
     *
     * Items: Grants the keys that match to the namespaces that match.
     */
    access?: {
      /**
       * Which namespaces. One that is named, or whose labels match, is granted; at least one of both parts must be given.
       */
      namespaces: {
        /**
         * Names of namespaces.
         *
         * @maxItems 256
         */
        matchNames?: string[];
        /**
         * Labels of namespaces.
         */
        selector?: {
          /**
           * Labels that a namespace must have, all of them.
           */
          matchLabels?: {
            [k: string]: string;
          };
        };
      };
      /**
       * Globs of keys. `*` stands for anything within a segment, `**` for anything across segments: `orders/*` grants `orders/DB_PASSWORD` but not `orders/s3/KEY`; `orders/**` grants both. Fields of credentials that are made for each run are granted by `database/creds/readonly#*`, or by `**`.
       *
       * @minItems 1
       * @maxItems 256
       */
      keys: string[];
    }[];
    /**
     * How many requests the operator may send to the store, for all bindings together. Reads that a new binding waits for go before refreshes. Stores of type vault are asked once for each key, stores of type database once for many.
     */
    requestBudget?: {
      /**
       * Requests a second, in the long run.
       */
      perSecond?: number;
      /**
       * Requests at once after a pause.
       */
      burst?: number;
    };
  };
  /**
   * What the operator last saw. Written by the operator only.
   */
  status?: {
    /**
     * The metadata.generation that this status speaks of.
     */
    observedGeneration?: number;
    /**
     * Ready sums up; its message says what to do next.
     *
     * @maxItems 16
     *
     * Items: One aspect of the present state.
     */
    conditions?: {
      /**
       * The aspect, in CamelCase.
       */
      type: string;
      /**
       * Whether it holds.
       */
      status: 'True' | 'False' | 'Unknown';
      /**
       * Why, in one CamelCase word; listed in crds/README.md.
       */
      reason: string;
      /**
       * Why, in a sentence, and what to do next.
       */
      message: string;
      /**
       * When the status last changed.
       */
      lastTransitionTime: string;
      /**
       * The metadata.generation that this condition speaks of.
       */
      observedGeneration?: number;
    }[];
    /**
     * How many keys the store holds; absent when it may not list.
     */
    keys?: number;
    /**
     * How many bindings use the store.
     */
    bindings?: number;
    /**
     * When the check was made that this status tells of. It stays as it is while later checks find the same, so that a quiet store causes no writes.
     */
    lastCheckTime?: string;
  };
}
