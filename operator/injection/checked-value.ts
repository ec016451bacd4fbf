import type { Problem } from '../api/reasons.ts';
import type { SecretSource } from '../api/dynamic-reference.ts';
import { isRepublished } from './conf-key.ts';
import type { EnvVariable } from './environment.ts';
import { escapeProperty, trimmedBySpark } from './properties.ts';
import { replacedBySpark } from './spark-substitution.ts';

type Named = Pick<EnvVariable, 'name' | 'source' | 'property'>;

/** Linux' MAX_ARG_STRLEN: what `NAME=value` and its NUL may take. */
const MAX_ENV_BYTES = 131_072;

const NOT_TEXT = 'is not valid UTF-8 text: store it as base64 and decode it in the job';
/** Of a property that a variable carries: `delivery: Value` takes no other values. */
const NO_PROPERTY =
  'is not valid UTF-8 text, as a property has to be: store it as text, or give it to the job in files';
const REPLACED =
  'has "${" and "}" around a name, as in ${env:NAME}, which Spark would replace in spark.ssl properties: change the secret so that it has no "${"';

/** Without `ignoreBOM` a value that starts with U+FEFF would lose it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Why bytes can't be the value of an environment variable; undefined: they can. Of one that carries a property the reader
 * knows the property only. `secrets`: the texts in it that are not the author's own, if they are not all of it.
 */
export function envValueProblem(variable: Named, bytes: Buffer, secrets?: Iterable<string>): Problem | undefined {
  const { name, source, property } = variable;
  const { what, carrier, instead, notText } = property === undefined ? ofVariable(name) : ofProperty(property);
  const where = `${what} (${source.startsWith('template:') ? 'a template' : `key ${source}`})`;
  if (bytes.includes(0)) return invalid(where, `has a NUL byte, where ${carrier} would end: remove it${instead.ofNul}`);
  const text = decodeText(bytes);
  if (text === undefined) return invalid(where, notText);
  if (replacedBySpark(property ?? '', text, secrets ?? [text])) return invalid(where, REPLACED);
  const most = MAX_ENV_BYTES - Buffer.byteLength(name) - 2;
  if (bytes.byteLength <= most) return undefined;
  const message = `${where}: the value has ${bytes.byteLength} bytes, Linux carries ${most} in ${carrier}: shorten it${instead.ofLong}.`;
  return { reason: 'ValueTooLarge', message };
}

/** Words of the problems of a variable's value. */
interface Words {
  readonly what: string;
  readonly carrier: string;
  /** What helps beside a change of the value. */
  readonly instead: { readonly ofNul: string; readonly ofLong: string };
  readonly notText: string;
}

function ofVariable(name: string): Words {
  return {
    what: `variable ${name}`,
    carrier: 'the variable',
    instead: { ofNul: '', ofLong: ', or use sparkConf' },
    notText: NOT_TEXT,
  };
}

/** Of one that Spark republishes a variable's name is all that may stand in it. */
function ofProperty(property: string): Words {
  const byValue = isRepublished(property) ? '' : ', or set delivery: Value';
  return {
    what: `property ${property}`,
    carrier: 'the variable that carries it',
    instead: { ofNul: byValue, ofLong: byValue },
    notText: NO_PROPERTY,
  };
}

/** Text of a value that goes into a Spark property or a variable's template, which `where` gives, or why it can't. */
export function templateText(where: string, source: SecretSource, bytes: Buffer): string | Problem {
  return decodeText(bytes) ?? invalid(`${where} (key ${source})`, NOT_TEXT);
}

/** The line of a properties file, or why Spark would not read the same back. `secrets` as for `envValueProblem`. */
export function confProperty(name: string, value: string, secrets: Iterable<string> = [value]): string | Problem {
  if (replacedBySpark(name, value, secrets)) return invalid(`sparkConf ${name}`, REPLACED);
  if (!trimmedBySpark(value)) return escapeProperty(name, value);
  const cut = 'starts or ends with a space or control character, which Spark would cut off';
  return invalid(`sparkConf ${name}`, `${cut}: remove it from the value, or use env`);
}

/** Text of a value; undefined: it is not valid UTF-8. */
export function decodeText(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function invalid(where: string, what: string): Problem {
  return { reason: 'InvalidValue', message: `${where}: the value ${what}.` };
}
