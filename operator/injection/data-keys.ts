/**
 * Names in a Secret's data, beside one per environment variable. Each of these has a dot, which no variable's name has: a
 * list named `references` would overwrite a variable of that name, and the driver would get all values as its value.
 */
export const PROPERTIES_KEY = 'spark.properties';
export const REGEX_KEY = 'redaction.regex';
/** In a binding's Secret only: what each run gets for itself (leased-content.ts). */
export const LEASED_KEY = 'leased.json';
/**
 * What `${secrets.KEY}` stands for in a job's properties. One line a key, sorted: `KEY=VALUE`, where VALUE is escaped for a
 * properties file and has `\u0024` for `$`, so that no value is ever taken for a reference. A key whose value no Spark
 * property can hold is a line `KEY` without `=`. A KEY has only `[A-Za-z0-9._/-]`; each line ends in a line feed.
 */
export const REFERENCES_KEY = 'references.txt';
/**
 * Where an executor gets the value of `spark.executorEnv.NAME=${secrets.KEY}`, for Spark's secretKeyRef. One line a key,
 * sorted: `KEY=SECRET\:DATAKEY`, which is escaped for a properties file; each line ends in a line feed. Holds no value.
 */
export const EXECUTOR_REFERENCES_KEY = 'executor-references.txt';

/** Spark's properties by which an executor gets a variable (`SECRET:DATAKEY`), and a Secret mounted (at the folder). */
export const EXECUTOR_SECRET_KEY_REF = 'spark.kubernetes.executor.secretKeyRef.';
export const EXECUTOR_SECRETS = 'spark.kubernetes.executor.secrets.';
