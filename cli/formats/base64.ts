import { SecretValue } from '../../operator/api/secret-value.ts';
import { CommandProblem } from '../problem.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Line ends in it don't matter. Throws CommandProblem that says where it stood. */
export function base64Value(encoded: unknown, where: string): SecretValue {
  const text = typeof encoded === 'string' ? encoded.replaceAll(/\s/g, '') : undefined;
  if (text === undefined || !BASE64.test(text)) throw new CommandProblem(`${where} is no base64`);
  return SecretValue.fromBase64(text);
}
