/** Names in a Secret's data, beside one per environment variable (whose names have no dot). */
export const PROPERTIES_KEY = 'spark.properties';
export const REGEX_KEY = 'redaction.regex';
/** In a binding's Secret only: what each run gets for itself (leased-content.ts). */
export const LEASED_KEY = 'leased.json';
