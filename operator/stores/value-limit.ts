import type { SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import { OperatorError } from '../errors.ts';

/**
 * The largest value of any store, in bytes: Kubernetes' MaxSecretSize, as every value ends in a Secret. What is behind a
 * store may take less.
 */
export const MAX_VALUE_BYTES = 1_048_576;

/** Throws ValueTooLarge for a value that no store takes: before the backend is asked. */
export function refuseTooLarge(key: SecretKey, { byteLength }: SecretValue): void {
  if (byteLength > MAX_VALUE_BYTES)
    throw new OperatorError('ValueTooLarge', `${key} has ${byteLength} bytes of ${MAX_VALUE_BYTES}`);
}
