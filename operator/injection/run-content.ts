import {
  EXECUTOR_REFERENCES_KEY,
  EXECUTOR_SECRET_KEY_REF,
  EXECUTOR_SECRETS,
  LEASED_KEY,
  PROPERTIES_KEY,
  REGEX_KEY,
} from './data-keys.ts';
import { executorReferencesOf } from './reference-content.ts';

/** `data` of a Secret: base64. */
type Data = Readonly<Record<string, string>>;

/** Names of a Secret, and of the one with the files that belong to it (`filesSecretName`). */
interface Names {
  readonly name: string;
  readonly files: string;
}

/** What the Secret of a run is made of. */
export interface RunContentInput {
  /** The binding's Secret at one moment, so that all of it is of one version. */
  readonly shared: Names & { readonly data: Data };
  /** Names of the run's. */
  readonly run: Names;
  /** What only this run has: `leasedContent`. */
  readonly own?: Data;
}

/**
 * Content of a run's Secret: a copy of the binding's whose properties point executors to the run's Secret, and the run's
 * own part. Pure and deterministic.
 */
export function runContent({ shared, run, own = {} }: RunContentInput): Data {
  const { [PROPERTIES_KEY]: properties = '', ...others } = shared.data;
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => name !== LEASED_KEY));
  const renamed = encode(pointedTo(decode(properties), shared, run));
  const joined = [PROPERTIES_KEY, REGEX_KEY].map((name) => {
    const first = name === PROPERTIES_KEY ? renamed : (rest[name] ?? '');
    return [name, encode(decode(first) + decode(own[name] ?? ''))];
  });
  const executors = executorReferencesOf(decode(rest[EXECUTOR_REFERENCES_KEY] ?? ''), shared.name, run.name);
  const pointed = {
    ...(Object.fromEntries(joined) as Record<string, string>),
    [EXECUTOR_REFERENCES_KEY]: encode(executors),
  };
  return { ...rest, ...own, ...pointed };
}

/** Only lines by which Spark gives an executor variables and files name a Secret; a binding can't set such a property itself. */
function pointedTo(properties: string, from: Names, to: Names): string {
  const mount = `${EXECUTOR_SECRETS}${from.files}=`;
  const pointed = (line: string): string => {
    if (line.startsWith(mount)) return `${EXECUTOR_SECRETS}${to.files}=${line.slice(mount.length)}`;
    const at = line.startsWith(EXECUTOR_SECRET_KEY_REF) ? line.indexOf('=') + 1 : 0;
    const isIts = at > 0 && line.startsWith(`${from.name}\\:`, at);
    return isIts ? line.slice(0, at) + to.name + line.slice(at + from.name.length) : line;
  };
  return properties.split('\n').map(pointed).join('\n');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

function encode(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}
