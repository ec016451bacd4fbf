const HADOOP = 'spark.hadoop.';

/**
 * What a binding adds to `spark.redaction.regex`: for each property `|^NAME$`, so that several bindings' pieces are put
 * one after the other. Spark shows `spark.hadoop.x` also as `x`, so both are matched. Dots are written `[.]`: nothing in
 * it needs escaping in a properties file.
 */
export function redactionRegex(names: readonly string[]): string {
  return names.map((name) => `|^${pattern(name)}$`).join('');
}

function pattern(name: string): string {
  return name.startsWith(HADOOP) ? `(${literal(HADOOP)})?${literal(name.slice(HADOOP.length))}` : literal(name);
}

function literal(text: string): string {
  return text.replaceAll('.', '[.]');
}
