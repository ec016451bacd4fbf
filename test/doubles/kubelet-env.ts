import type { EnvVar } from '../../operator/injection/pod.ts';

/**
 * The variables of a container as the kubelet makes them (`makeEnvironmentVariables`): `$(NAME)` is put in for a variable that
 * stands before, `$$` is a dollar. `secretValue` gives the value of a secretKeyRef.
 */
export function kubeletEnv(
  env: readonly EnvVar[],
  secretValue: (ref: { readonly name: string; readonly key: string }) => string,
): Readonly<Record<string, string>> {
  const made = new Map<string, string>();
  for (const { name, value, valueFrom } of env) {
    const { secretKeyRef } = (valueFrom ?? {}) as { secretKeyRef?: { name: string; key: string } };
    made.set(name, secretKeyRef === undefined ? expanded(value ?? '', made) : secretValue(secretKeyRef));
  }
  return Object.fromEntries(made);
}

/** `third_party/forked/golang/expansion` of Kubernetes. */
function expanded(text: string, known: ReadonlyMap<string, string>): string {
  let out = '';
  for (let at = 0; at < text.length; at += 1) {
    const next = text[at] === '$' ? text[at + 1] : undefined;
    const end = next === '(' ? text.indexOf(')', at) : -1;
    if (end > 0) {
      const name = text.slice(at + 2, end);
      out += known.get(name) ?? `$(${name})`;
      at = end;
    } else if (next === undefined) out += text[at]!;
    else {
      out += next === '$' ? '$' : `$${next}`;
      at += 1;
    }
  }
  return out;
}
