// Generated from crds/sparkjobsecretbindings.yaml by `npm run generate`. Do not edit.
import type {ObjectMeta} from '../../runtime/kube-object.ts';

/**
 * A SparkJobSecretBinding says which Spark applications of its namespace get which keys of a store, as environment variables, Spark conf or files, on the driver and on every executor.
 */
export interface SparkJobSecretBinding {
  apiVersion: 'secrets.iomete.com/v1alpha1';
  kind: 'SparkJobSecretBinding';
  metadata: ObjectMeta;
  /**
   * Which applications get which keys.
   */
  spec: {
    /**
     * The store that has the keys. A store of another namespace must grant them to this namespace (SecretStoreConfig, spec.access).
     */
    storeRef: {
      /**
       * Name of the SecretStoreConfig.
       */
      name: string;
      /**
       * Namespace of the SecretStoreConfig; by default this object's own.
       */
      namespace?: string;
    };
    /**
     * Which Spark applications of this namespace. All given parts must hold. An empty selector is refused: it would give the secrets to every job.
     */
    selector: {
      /**
       * Labels that the driver pod must have, all of them (`spark.kubernetes.driver.label.NAME`).
       */
      matchLabels?: {
        [k: string]: string;
      };
      /**
       * Names of applications as the user gave them (`spark.app.name`), or globs with `*`, such as `orders-*`. One must match.
       *
       * @maxItems 64
       */
      applications?: string[];
    };
    /**
     * Environment variables, one key each.
     *
     * @maxItems 256
     *
     * Items: One environment variable.
     */
    env?: {
      /**
       * Name of the variable: letters, digits and underscores. Names that Spark itself sets on its pods, and those whose value the JVM prints, are refused.
       */
      name: string;
      /**
       * The key in the store, such as `orders/DB_PASSWORD`; or `PATH#FIELD`, a field of credentials that a store of type vault makes for each run, such as `database/creds/readonly#username`. Those are leased when the driver appears, renewed while it runs and revoked when it ends; they need scope Application, and the path in the store's dynamicPaths. All fields of one path that a binding names come from one lease.
       */
      key?: string;
      /**
       * Text with keys in `${KEY}`, as for sparkConf. Fields of credentials on lease (`PATH#FIELD`) can't be part of a variable's template.
       */
      template?: string;
      /**
       * Which pods get it; by default driver and executors.
       *
       * @minItems 1
       * @maxItems 2
       */
      targets?: ('driver' | 'executor')[];
    }[];
    /**
     * Every key of a group as an environment variable, on driver and executors. An entry of env with the same name wins.
     *
     * @maxItems 32
     *
     * Items: One group. Only keys directly in it, and only those that the store grants to this namespace; the variable's name is prefix and the key's last segment.
     */
    envFrom?: {
      /**
       * The group, such as `orders/s3`.
       */
      group: string;
      /**
       * Put before each name.
       */
      prefix?: string;
    }[];
    /**
     * Spark properties, each a key's value or a template around keys. The driver gets them, executors through it.
     *
     * @maxItems 256
     *
     * Items: One Spark property.
     */
    sparkConf?: {
      /**
       * Name of the property, starting with `spark.`. Properties that Spark shows in clear in pod specs, command lines or logs, or needs before it reads its conf, are refused.
       */
      name: string;
      /**
       * The key in the store whose value the property gets, or `PATH#FIELD` as for env.
       */
      key?: string;
      /**
       * Text with keys in `${KEY}`, such as `jdbc:postgresql://db/orders?password=${orders/DB_PASSWORD}`. `${database/creds/readonly#password}` is a field of credentials as for env. Write `$${` for a literal `${`. Values are put in as they are, without escaping.
       */
      template?: string;
      /**
       * How the value gets there. Value: in the properties that the driver reads, so it is in Spark's conf, which whoever can read that conf sees. Environment: in an environment variable of driver and executors, and the property holds `${env.NAME}`, which Hadoop replaces when it reads a `spark.hadoop.` property, or `${env:NAME}`, which Spark replaces in `spark.ssl.` properties: Spark's conf, its UI and its event log never hold the value. Auto: Environment where that works (those two; not for templates with credentials on lease), Value otherwise.
       */
      delivery?: 'Auto' | 'Value' | 'Environment';
    }[];
    /**
     * The properties and variables that a well-known system needs, from the keys of one group, by one entry. An entry of sparkConf or env with the same name wins. crds/README.md lists what each gives.
     *
     * @maxItems 32
     *
     * Items: One system.
     */
    presets?: {
      /**
       * S3A: keys ACCESS_KEY and SECRET_KEY, and SESSION_TOKEN where sessionToken is set. ABFS: ACCOUNT_KEY, or CLIENT_ID, CLIENT_SECRET and TENANT_ID with auth OAuth. GCS: PRIVATE_KEY, PRIVATE_KEY_ID and CLIENT_EMAIL. JDBC: URL, USER and PASSWORD of a JDBC catalog. Kafka: USERNAME and PASSWORD, as variables KAFKA_USERNAME, KAFKA_PASSWORD and, as a line of JAAS configuration, KAFKA_SASL_JAAS_CONFIG. IcebergREST: CREDENTIAL of a REST catalog.
       */
      type: 'S3A' | 'ABFS' | 'GCS' | 'JDBC' | 'Kafka' | 'IcebergREST';
      /**
       * The group that holds the keys, such as `orders/s3`.
       */
      group: string;
      /**
       * S3A: only for this bucket.
       */
      bucket?: string;
      /**
       * S3A: the credentials are temporary and have a SESSION_TOKEN.
       */
      sessionToken?: boolean;
      /**
       * ABFS: the storage account, such as `sales`, or its full host name.
       */
      account?: string;
      /**
       * ABFS: how the account is used; by default SharedKey.
       */
      auth?: 'SharedKey' | 'OAuth';
      /**
       * JDBC and IcebergREST: name of the catalog, as in `spark.sql.catalog.NAME`.
       */
      catalog?: string;
      /**
       * Kafka: what the names of the variables begin with; by default KAFKA_.
       */
      prefix?: string;
      /**
       * Kafka: the SASL mechanism that the line of JAAS configuration is for; by default PLAIN.
       */
      mechanism?: 'PLAIN' | 'SCRAM';
    }[];
    /**
     * Keys that matching jobs may name as `${secrets.KEY}` or `${secrets.GROUP/KEY}` in their own Spark conf and environment, beside those that env, envFrom, sparkConf and presets name anyway.
     *
     * @maxItems 256
     *
     * Items: A key, or every key directly in a group.
     */
    references?: {
      /**
       * The key in the store, such as `orders/DB_PASSWORD`.
       */
      key?: string;
      /**
       * The group, such as `orders/s3`. Only keys that the store grants to this namespace.
       */
      group?: string;
    }[];
    /**
     * Files in /mnt/spark-secrets/files/BINDING of driver and executors, where BINDING is this object's name. With scope Shared a new value reaches the files of pods that run, within about a minute. All files of a binding together have at most 1 MiB.
     *
     * @maxItems 128
     *
     * Items: One file.
     */
    files?: {
      /**
       * Name of the file, such as `keystore.jks`: letters, digits and `._-`. Each binding has a folder of its own, without folders in it.
       */
      path: string;
      /**
       * The key in the store, such as `orders/KEYSTORE`.
       */
      key: string;
      /**
       * How the value is kept in the store. text: the file has its bytes as they are. base64: the store has a binary file as base64 text (line ends in it do not matter), and the file has what it stands for.
       */
      encoding?: 'text' | 'base64';
    }[];
    /**
     * Shared: all runs read one Secret, so an executor that starts after a value has changed gets the new one. Application: each run gets an immutable Secret of its own, a copy made when its driver appears and gone with the driver's pod, so that driver and executors of a run have the same values however long it runs. A change counts for runs that start after it.
     */
    scope?: 'Shared' | 'Application';
    /**
     * What happens to running applications when a value changes.
     */
    rotation?: {
      /**
       * Keep: running pods keep the value they started with; new executors and new jobs get the new one (with scope Application new jobs only). Restart: a SparkApplication of Kubeflow's or Apache's operator whose driver started with another value is restarted: its driver is evicted, with its grace period and within its PodDisruptionBudgets, five applications at a time, and the operator starts it anew. It counts as a failure there, so only applications whose restart policy (Always or OnFailure, with attempts left) brings a driver back are restarted. Others keep their value, which an event tells.
       */
      onChange?: 'Keep' | 'Restart';
      /**
       * The least time between two starts of an application's driver, from 1m to 24h; 10m when it is left out. Changes within it are one restart.
       */
      minInterval?: string;
    };
    /**
     * What happens to a job while a key can't be resolved. Block holds it with the reason; a value is never left empty.
     */
    unresolved?: 'Block';
    /**
     * Who wins when a job itself sets a variable or property that the binding gives: Binding (whoever submits the job gets a warning of a variable) or Pod.
     */
    precedence?: 'Binding' | 'Pod';
  };
  /**
   * What the operator last saw and did. Written by the operator only.
   */
  status?: {
    /**
     * The metadata.generation that this status speaks of.
     */
    observedGeneration?: number;
    /**
     * Name of the Secret in this namespace that holds the values for the pods, kept by the operator.
     */
    secretName?: string;
    /**
     * Resolved: every key has a value. Ready: Resolved, the Secret is written, the store answers and the webhook covers the namespace; its message says what to do next.
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
     * The keys in use and their versions; never their values.
     *
     * @maxItems 2048
     *
     * Items: One key.
     */
    keys?: {
      /**
       * The key.
       */
      key: string;
      /**
       * Its version in the store: opaque, it changes with the value.
       */
      version: string;
      /**
       * When the operator first saw this version.
       */
      lastChangeTime?: string;
    }[];
    /**
     * The applications that got this binding's secrets, the most recent first, ten at most.
     *
     * @maxItems 10
     *
     * Items: One run of an application.
     */
    applications?: {
      /**
       * Name of the application.
       */
      name: string;
      /**
       * Name of its driver pod.
       */
      driver: string;
      /**
       * Phase of the driver pod.
       */
      phase?: string;
      /**
       * When the driver pod was created.
       */
      since?: string;
    }[];
  };
}
