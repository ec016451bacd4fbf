/** Names in a Secret's data, beside one per environment variable (whose names have no dot). */
export const PROPERTIES_KEY = 'spark.properties';
export const REGEX_KEY = 'redaction.regex';
/** In a binding's Secret only: what each run gets for itself (leased-content.ts). */
export const LEASED_KEY = 'leased.json';
/**
 * sed script that puts values in the place of `${secrets.KEY}` in a properties file. One command a key:
 * `s/\\${secrets\\.orders\\/DB_PASSWORD}/VALUE/g`, where VALUE is escaped for a properties file, its `$` is `\\u0024` (so that no
 * value is taken for a reference), and then escaped for sed.
 */
export const REFERENCES_KEY = 'references.sed';
/**
 * sed script that makes of `spark.executorEnv.NAME=${secrets.KEY}` the property by which Spark gives the executor the
 * variable from the Secret. One command a key; holds no value.
 */
export const EXECUTOR_REFERENCES_KEY = 'executor-references.sed';
