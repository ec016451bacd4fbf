import { createHmac, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A value on its way from a store to a Secret. It prints as `[redacted]` however it is printed; `reveal` is the only way
 * to its bytes, and a test lists the files that may call it.
 */
export class SecretValue {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  static fromBytes(bytes: Uint8Array): SecretValue {
    return new SecretValue(Buffer.from(bytes));
  }

  static fromText(text: string): SecretValue {
    return new SecretValue(Buffer.from(text, 'utf8'));
  }

  /** Of a Kubernetes Secret's `data`. */
  static fromBase64(text: string): SecretValue {
    return new SecretValue(Buffer.from(text, 'base64'));
  }

  /** Size in bytes. */
  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** The bytes. Only for the places that write a value out. */
  reveal(): Buffer {
    return this.#bytes;
  }

  equals(other: SecretValue): boolean {
    return this.byteLength === other.byteLength && timingSafeEqual(this.#bytes, other.#bytes);
  }

  /**
   * A short digest (12 letters and digits) that changes with the value and, without `key`, tells nothing about it:
   * HMAC-SHA256, cut to 9 bytes, base64url. `context` keeps equal values of different keys apart.
   */
  fingerprint(key: string, context: string): string {
    const mac = createHmac('sha256', key).update(context).update('\0').update(this.#bytes).digest();
    return mac.subarray(0, 9).toString('base64url');
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
