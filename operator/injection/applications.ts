/** Kubernetes' limit of a label's value. */
const MAX_LABEL = 63;

/**
 * The value of the label `spark-app-name` that Spark makes of `spark.app.name` (`KubernetesConf.getAppNameLabel`, since
 * 3.3): lower case, every run of other characters than letters and digits one `-`, cut to 63, none at the ends.
 */
export function appNameLabel(name: string): string {
  return sanitise(javaTrim(name)).slice(0, MAX_LABEL).replace(/^-/, '').replace(/-$/, '');
}

/**
 * Whether a binding's pattern means the application with this name, or with this label made of its name. A `*` stands for
 * any text. Where the label leaves it open (it is cut, or `-` at an end is gone), a pattern with `*` means only what the
 * label shows, so that no secret goes to an application that the pattern may not mean.
 */
export function matchesApplication(pattern: string, application: string): boolean {
  if (globMatches(pattern, application)) return true;
  if (!pattern.includes('*')) return appNameLabel(pattern) === application;
  return globMatches(javaTrim(pattern).split('*').map(sanitise).join('*'), application);
}

/** Linear in the text for each piece, where a regular expression with many `.*` could take minutes. */
function globMatches(glob: string, text: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return glob === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function sanitise(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replaceAll(/-+/g, '-');
}

/** `String.trim` of Java: everything up to U+0020, and nothing else that is a space. */
function javaTrim(text: string): string {
  const isSpace = (at: number): boolean => text.charCodeAt(at) <= 0x20;
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(start)) start += 1;
  while (end > start && isSpace(end - 1)) end -= 1;
  return text.slice(start, end);
}
