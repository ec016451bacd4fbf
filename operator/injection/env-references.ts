import { createHash } from 'node:crypto';
import { storeOf } from '../api/kinds.ts';
import { parseKey, type SecretKey } from '../api/secret-key.ts';
import type { BindingSecretView, BindingView } from './binding-view.ts';
import { reservedEnvName } from './conf-key.ts';
import type { Container, EnvVar } from './pod.ts';
import { referenceDataKey } from './reference-content.ts';

/** What becomes of the references in a container's own environment. */
export interface EnvReferences {
  /** In place of the last entry of the same name. */
  readonly entries: readonly EnvVar[];
  /** Variables that texts of `entries` name as `$(NAME)`: they have to stand before them. */
  readonly helpers: readonly EnvVar[];
  /** A sentence for each reference that no binding covers, or several cover differently. */
  readonly problems: readonly string[];
}

/** Where a key's value is. */
interface Place {
  readonly binding: string;
  readonly store: string;
  readonly ref: object;
}

/** A reference in a text. */
export interface Reference {
  /** As it stands there. */
  readonly text: string;
  /** What it names, which need not be a key. */
  readonly key: string;
  readonly start: number;
}

const dataKeys = new WeakMap<BindingSecretView, ReadonlyMap<string, string>>();
const MARK = '${secrets.';
/** Of the variables of a container: a warning is short. */
const MOST_NAMED = 2;

/**
 * Resolves `${secrets.KEY}` in a container's own variables, names in `except` left out. A reference that is the whole
 * value becomes a secretKeyRef; one inside a longer value becomes `$(HELPER)`, which the kubelet replaces. Pure; a
 * container that is resolved already has no references left. Variables of envFrom are not seen.
 */
export function envReferences(
  container: Pick<Container, 'env'>,
  views: readonly BindingView[],
  except: ReadonlySet<string> = new Set(),
): EnvReferences {
  const own = lastOfEachName(container.env ?? []).filter((entry) => refers(entry) && !except.has(entry.name));
  const resolved = own.map((entry) => ({ entry, ...placesOf(entry, views) }));
  const good = resolved.filter(({ failures }) => failures.length === 0);
  const composedOf = good.filter(({ entry, places }) => !places.has(entry.value ?? ''));
  const helpers = new Map(composedOf.flatMap(({ places }) => [...places]));
  return {
    entries: good.map(({ entry, places }) => {
      const whole = places.get(entry.value ?? '');
      return whole === undefined ? composed(entry) : { name: entry.name, valueFrom: whole.ref };
    }),
    helpers: [...helpers].map(([text, { ref }]) => ({ name: helperName(text), valueFrom: ref })),
    problems: resolved.flatMap(({ failures }) => failures),
  };
}

/** By hand: a regular expression takes minutes for a text of many beginnings without an end. */
export function referencesIn(value: string): readonly Reference[] {
  const found: Reference[] = [];
  for (let start = value.indexOf(MARK); start >= 0;) {
    const end = value.indexOf('}', start);
    if (end < 0) break;
    const text = value.slice(start, end + 1);
    found.push({ text, key: text.slice(MARK.length, -1), start });
    start = value.indexOf(MARK, end);
  }
  return found;
}

/** A sentence when a container that is not the driver's has references in its variables: there nobody resolves them. */
export function unresolvedWarning({ name, env }: Container): string[] {
  const names = lastOfEachName(env ?? [])
    .filter(refers)
    .map((entry) => entry.name);
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const named = names.slice(0, MOST_NAMED).join(', ') + more;
  return [
    `The container ${name} has references to secrets in its variables ${named}, resolved in the driver's container only: give it these values in another way.`,
  ];
}

function refers({ value }: EnvVar): boolean {
  return value !== undefined && referencesIn(value).length > 0;
}

/** Each reference in the variable's value, and where what it means is. */
function placesOf(
  { name, value = '' }: EnvVar,
  views: readonly BindingView[],
): { readonly places: ReadonlyMap<string, Place>; readonly failures: readonly string[] } {
  const places = new Map<string, Place>();
  const failures = new Set<string>();
  const shown = reservedEnvName(name);
  for (const { text, key } of referencesIn(value)) {
    const place = shown === undefined ? placeOf(key, views) : `${shown}.`;
    if (typeof place === 'string') failures.add(`The variable ${name} refers to ${text}, but ${place}`);
    else places.set(text, place);
  }
  return { places, failures: [...failures] };
}

/** The kubelet puts in the values, in one pass: a `$(` in a value means nothing. */
function composed({ name, value = '' }: EnvVar): EnvVar {
  let at = 0;
  const pieces = referencesIn(value).map(({ text, start }) => {
    const before = value.slice(at, start);
    at = start + text.length;
    return `${closed(before)}$(${helperName(text)})`;
  });
  return { name, value: pieces.join('') + value.slice(at) };
}

/** For the kubelet what follows is no part of this text: an open `$` at its end, or `$(` without its `)`, is escaped. */
function closed(text: string): string {
  const at = text.lastIndexOf(')') + 1;
  return text.slice(0, at) + text.slice(at).replaceAll(/\$\$|\$(?=\(|$)/g, (found) => (found === '$' ? '$$' : found));
}

/** Where the value is, or what is the matter, to be put after "but". */
function placeOf(text: string, views: readonly BindingView[]): Place | string {
  const key = parseKey(text);
  if (key === undefined) return 'this is not the form of a key: write it like ${secrets.orders/DB_PASSWORD}.';
  const places = views.flatMap((view) => placeIn(view, key) ?? []);
  const [first] = places;
  if (first === undefined)
    return `no SparkJobSecretBinding that selects this job covers the key ${key}: add it to spec.references of one, or correct the reference.`;
  const other = places.find(({ store }) => store !== first.store);
  if (other === undefined) return first;
  return `the bindings ${first.binding} and ${other.binding} cover the key ${key} from different stores: narrow a selector, or remove it from one.`;
}

function placeIn({ binding, secret }: BindingView, key: SecretKey): Place | undefined {
  const dataKey = secret && dataKeysOf(secret).get(key);
  if (dataKey === undefined) return undefined;
  return {
    binding: binding.metadata.name,
    store: storeOf(binding),
    ref: { secretKeyRef: { name: secret?.name, key: dataKey, optional: false } },
  };
}

/** Key → the entry of the Secret's data that has its value alone. */
function dataKeysOf(secret: BindingSecretView): ReadonlyMap<string, string> {
  const known = dataKeys.get(secret);
  if (known !== undefined) return known;
  const own = (secret.referenceKeys ?? []).map((key) => [key, referenceDataKey(key)] as const);
  const variables = Object.entries(secret.envKeys).map(([name, source]) => [source, name] as const);
  const made = new Map<string, string>([...own, ...variables]);
  dataKeys.set(secret, made);
  return made;
}

/** Of entries with one name the last counts. */
export function lastOfEachName(env: readonly EnvVar[]): readonly EnvVar[] {
  return [...new Map(env.map((entry) => [entry.name, entry])).values()];
}

function helperName(reference: string): string {
  return `SPARK_SECRET_REF_${createHash('sha256').update(reference).digest('hex').slice(0, 12)}`;
}
