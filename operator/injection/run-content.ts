import { EXECUTOR_REFERENCES_KEY, LEASED_KEY, PROPERTIES_KEY, REGEX_KEY } from './data-keys.ts';
import { executorReferencesOf } from './reference-content.ts';

/** `data` of a Secret: base64. */
type Data = Readonly<Record<string, string>>;

/** What the Secret of a run is made of. */
export interface RunContentInput {
  /** The binding's Secret at one moment, so that all of it is of one version. */
  readonly shared: { readonly name: string; readonly data: Data };
  /** Name of the run's Secret. */
  readonly secretName: string;
  /** What only this run has: `leasedContent`. */
  readonly own?: Data;
}

/**
 * Content of a run's Secret: a copy of the binding's whose properties point executors to the run's Secret, and the run's
 * own part. Pure and deterministic.
 */
export function runContent({ shared, secretName, own = {} }: RunContentInput): Data {
  const { [PROPERTIES_KEY]: properties = '', ...others } = shared.data;
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => name !== LEASED_KEY));
  const renamed = encode(pointedTo(decode(properties), shared.name, secretName));
  const joined = [PROPERTIES_KEY, REGEX_KEY].map((name) => {
    const first = name === PROPERTIES_KEY ? renamed : (rest[name] ?? '');
    return [name, encode(decode(first) + decode(own[name] ?? ''))];
  });
  const executors = executorReferencesOf(decode(rest[EXECUTOR_REFERENCES_KEY] ?? ''), shared.name, secretName);
  const pointed = {
    ...(Object.fromEntries(joined) as Record<string, string>),
    [EXECUTOR_REFERENCES_KEY]: encode(executors),
  };
  return { ...rest, ...own, ...pointed };
}

/** Only lines by which Spark gives an executor a variable name a Secret; a binding can't set such a property itself. */
function pointedTo(properties: string, from: string, to: string): string {
  const start = /^(spark\.kubernetes\.executor\.secretKeyRef\.[A-Za-z0-9_]+=)([^\\\n]*)(?=\\:)/gm;
  return properties.replaceAll(start, (line, property: string, secret: string) =>
    secret === from ? property + to : line,
  );
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

function encode(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}
