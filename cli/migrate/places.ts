import { parseKey } from '../../operator/api/secret-key.ts';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { reservedEnvName } from '../../operator/injection/conf-key.ts';

export type Env = NonNullable<BindingSpec['env']>[number];
export type File = NonNullable<BindingSpec['files']>[number];

/** Why a name can't be an environment variable of a binding; undefined when it can. */
export function noVariable(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,252}$/.test(name)) return 'it is no name of an environment variable';
  return reservedEnvName(name);
}

/** Whether a name can be that of a binding's file. */
export function isFileName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,253}$/.test(name) && name !== '.' && !name.startsWith('..');
}

/** Whether a text can be a key of a binding. */
export function isKey(text: string): boolean {
  return parseKey(text) !== undefined;
}

/** Whether a text can be the name of an object: what is printed as part of a command line holds nothing else. */
export function isObjectName(text: string): boolean {
  return /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text);
}
