/** What Java's `\s` is, between which Spark looks for references. */
const SPACE = /[ \t\n\v\f\r]/;

/**
 * Whether Spark would put something else in place of a piece of the property, though a secret has that piece. It reads
 * `spark.ssl.*` with `${env:NAME}`, `${system:NAME}` and `${PROPERTY}` replaced (`SparkConf.getWithSubstitution`), and does the
 * same again with what it put in: a variable that carries the value is no way around it. What the binding's author wrote
 * into a template is meant so: only a `$` of a secret counts.
 */
export function replacedBySpark(property: string, text: string, secrets: Iterable<string>): boolean {
  if (!property.startsWith('spark.ssl.')) return false;
  return [...secrets].some((secret) => secret.includes('$')) && text.split(SPACE).some(hasReference);
}

/** `\$\{\S+?\}` in a text without spaces, by hand: that takes minutes for a text of many beginnings without an end. */
function hasReference(word: string): boolean {
  const at = word.indexOf('${');
  return at >= 0 && word.includes('}', at + 3);
}
