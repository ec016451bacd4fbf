import { stringify } from 'yaml';
import { isPlainText, plainQuoted } from './plain.ts';

/** What YAML 1.1 takes for something else, as kubectl does, is quoted, too. */
const PRETTY = { aliasDuplicateObjects: false, lineWidth: 0, compat: 'yaml-1.1' } as const;
const QUOTED = { ...PRETTY, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' } as const;

/** A YAML text of any value, in which there are visible characters only. */
export function plainYaml(value: unknown): string {
  const pretty = stringify(value, PRETTY);
  return isPlainText(pretty) ? pretty : plainQuoted(stringify(value, QUOTED));
}
