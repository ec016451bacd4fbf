import type { Container, EnvVar, Pod, VolumeMount } from '../pod.ts';

/** A JSON object that nobody has looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one for anything else. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The value as a list; an empty one for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** The value as a text: numbers and truth values as they are written; undefined for anything else. */
export function text(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

/** The members of an object that are texts. */
export function texts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fields(value)).map(([name, member]) => [name, text(member)] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** A pod, or the template of one, as people write it: what has not the form that Kubernetes asks for is left out. */
export function podOf(value: unknown): Pod {
  const { metadata, spec } = fields(value);
  const { labels, annotations } = fields(metadata);
  const { initContainers, volumes, containers } = fields(spec);
  return {
    metadata: { labels: texts(labels), annotations: texts(annotations) },
    spec: {
      containers: containersOf(containers),
      ...(initContainers === undefined ? {} : { initContainers: containersOf(initContainers) }),
      ...(volumes === undefined ? {} : { volumes: named(volumes) }),
    },
  };
}

/** A list of containers. */
export function containersOf(value: unknown): readonly Container[] {
  return named(value).map((container) => {
    const { name, image, command, args, env, volumeMounts } = container;
    return {
      ...container,
      name,
      ...given('image', text(image)),
      ...given('command', command && words(command)),
      ...given('args', args && words(args)),
      ...given('env', env && envOf(env)),
      ...given('volumeMounts', volumeMounts && mountsOf(volumeMounts)),
    };
  });
}

/** A list of variables. */
export function envOf(value: unknown): readonly EnvVar[] {
  return named(value).map(({ name, value: own, valueFrom }) => ({
    name,
    ...(valueFrom == null ? given('value', text(own)) : { valueFrom: fields(valueFrom) }),
  }));
}

function mountsOf(value: unknown): readonly VolumeMount[] {
  return named(value).flatMap(({ mountPath, subPathExpr, ...mount }) =>
    typeof mountPath === 'string' ? [{ ...mount, mountPath, ...given('subPathExpr', text(subPathExpr)) }] : [],
  );
}

/** An object with the name that makes it an item of a list. */
type Named = Fields & { readonly name: string };

function named(value: unknown): readonly Named[] {
  return list(value)
    .map(fields)
    .filter((item): item is Named => typeof item['name'] === 'string');
}

function words(value: unknown): readonly string[] {
  return list(value).flatMap((word) => text(word) ?? []);
}

/** Also takes away what stands there in another form. */
function given(name: string, value: unknown): Fields {
  return { [name]: value || undefined };
}
