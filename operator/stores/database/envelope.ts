import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { SecretValue } from '../../api/secret-value.ts';

/** What a row holds of a value. */
export interface Sealed {
  /** `aes-256-gcm`, or `none` for a value in clear. */
  readonly sealing: string;
  /** Name of the key-encryption key; null in clear. */
  readonly kekId: string | null;
  /** The data key, sealed with the key-encryption key; null in clear. */
  readonly dataKey: Buffer | null;
  readonly value: Buffer;
}

/** Which row a value is sealed for: authenticated with it, so that it opens nowhere else. */
export interface Place {
  readonly table: string;
  readonly key: string;
  readonly version: string;
}

/** A key-encryption key and its name. */
export interface Kek {
  readonly id: string;
  readonly key: KeyObject;
}

export const SEALED = 'aes-256-gcm';
export const CLEAR = 'none';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals a value: AES-256-GCM under a random key of its own, which is sealed under the key-encryption key. Table, key
 * and version are authenticated with both, the name of the key-encryption key with the data key alone: so that the
 * value need not be opened when that key is replaced. Sealed bytes are nonce (12), tag (16) and ciphertext.
 *
 * Who may write to the database can still put a whole former row back, number and all, or remove one.
 */
export function seal(value: SecretValue, place: Place, kek: Kek): Sealed {
  const dataKey = randomBytes(KEY_BYTES);
  try {
    return {
      sealing: SEALED,
      kekId: kek.id,
      dataKey: encrypt(dataKey, kek.key, keyContext(place, kek.id)),
      value: encrypt(value.reveal(), createSecretKey(dataKey), valueContext(place)),
    };
  } finally {
    dataKey.fill(0);
  }
}

/** Opens what `seal` made for that place. Throws when it was made for another, with another key, or was changed. */
export function open(sealed: Sealed, place: Place, kek: Kek): SecretValue {
  const dataKey = unwrapped(sealed.dataKey, place, kek);
  try {
    const bytes = decrypt(sealed.value, createSecretKey(dataKey), valueContext(place));
    const value = SecretValue.fromBytes(bytes);
    bytes.fill(0);
    return value;
  } finally {
    dataKey.fill(0);
  }
}

/** The data key of that place sealed anew, under another key-encryption key. Throws as `open` does. */
export function rewrapped(dataKey: Buffer | null, place: Place, from: Kek, to: Kek): Buffer {
  const bare = unwrapped(dataKey, place, from);
  try {
    return encrypt(bare, to.key, keyContext(place, to.id));
  } finally {
    bare.fill(0);
  }
}

/** A value as it is, for stores that allow plaintext. */
export function inClear(value: SecretValue): Sealed {
  return { sealing: CLEAR, kekId: null, dataKey: null, value: value.reveal() };
}

/** A key-encryption key out of a Secret: 32 bytes as they are, or in base64. Undefined: it is neither. */
export function kekFrom(value: SecretValue): KeyObject | undefined {
  const raw = value.reveal();
  if (raw.byteLength === KEY_BYTES) return createSecretKey(raw);
  const text = raw.toString('latin1').trim();
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function unwrapped(dataKey: Buffer | null, place: Place, kek: Kek): Buffer {
  const bare = decrypt(dataKey ?? Buffer.alloc(0), kek.key, keyContext(place, kek.id));
  if (bare.byteLength !== KEY_BYTES) throw new RangeError('this is no data key');
  return bare;
}

function encrypt(bytes: Buffer, key: KeyObject, context: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(context);
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

function decrypt(bytes: Buffer, key: KeyObject, context: Buffer): Buffer {
  if (bytes.byteLength < NONCE_BYTES + TAG_BYTES) throw new RangeError('too short to be sealed');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(context).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}

function valueContext({ table, key, version }: Place): Buffer {
  return Buffer.from(JSON.stringify(['value', table, key, version]));
}

function keyContext({ table, key, version }: Place, kekId: string): Buffer {
  return Buffer.from(JSON.stringify(['data key', table, key, version, kekId]));
}
