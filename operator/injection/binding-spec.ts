import type { SparkJobSecretBinding } from '../api/generated/spark-job-secret-binding.ts';

/** `spec` of a binding. */
export type BindingSpec = SparkJobSecretBinding['spec'];
