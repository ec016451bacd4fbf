import { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import { CLEAR, inClear, open, seal, SEALED, type Place, type Sealed } from './envelope.ts';
import type { KeyRing } from './key-ring.ts';
import type { Row } from './sql/select-rows.ts';

export interface SealingOptions {
  readonly table: string;
  /** Left out: values are stored in clear. */
  readonly ring: KeyRing | undefined;
  /** Values in clear are read, also in a store that seals. */
  readonly allowPlaintext: boolean;
}

/** How values of one store get into rows and out again. */
export class Sealing {
  readonly #options: SealingOptions;

  constructor(options: SealingOptions) {
    this.#options = options;
  }

  /** Throws CredentialsMissing when there is no key to seal with. */
  async seal(value: SecretValue, key: string, version: string, signal: AbortSignal): Promise<Sealed> {
    const { ring, allowPlaintext } = this.#options;
    if (ring === undefined && allowPlaintext) return inClear(value);
    if (ring === undefined)
      throw new OperatorError('CredentialsMissing', 'set encryption.keySecretRef, or allowPlaintext for trials');
    return seal(value, this.#place(key, version), await ring.present(signal));
  }

  /** To be called before `open`: reads the keys that those rows need. */
  async prepare(rows: readonly Pick<Row, 'kek_id'>[], signal: AbortSignal): Promise<void> {
    const { ring } = this.#options;
    await ring?.present(signal);
    await ring?.learn(new Set(rows.flatMap(({ kek_id: id }) => id ?? [])), signal);
  }

  /** The value of a row, or why there is none: ValueUnreadable. */
  open(row: Row): SecretValue | OperatorError {
    const problem = (why: string): OperatorError => new OperatorError('ValueUnreadable', `${row.key} ${why}`);
    if (row.sealing === CLEAR) {
      if (this.#options.allowPlaintext) return SecretValue.fromBytes(row.value);
      return problem('is stored in clear, and this store seals its values: write it again, or set allowPlaintext');
    }
    const { ring } = this.#options;
    if (row.sealing !== SEALED) return problem('is sealed in a way that this operator does not know: update it');
    if (ring === undefined) return problem('is sealed, and the store names no encryption.keySecretRef');
    const kek = ring.find(row.kek_id ?? '');
    if (kek === undefined)
      return problem(
        `is sealed with a key-encryption key that Secret ${ring.secretName} does not have: put the data key ${shown(row.kek_id)} back`,
      );
    try {
      const { sealing, kek_id: kekId, data_key: dataKey, value } = row;
      return open({ sealing, kekId, dataKey, value }, this.#place(row.key, row.version), kek);
    } catch {
      return problem('holds what was not sealed for this key, this version and this table, or was changed since');
    }
  }

  /** Whether a row is sealed as a new one would be: one in clear is not, in a store that seals. */
  isAsWanted(row: Pick<Row, 'sealing'>): boolean {
    return row.sealing === (this.#options.ring === undefined ? CLEAR : SEALED);
  }

  #place(key: string, version: string): Place {
    return { table: this.#options.table, key, version };
  }
}

/** A name that anybody with rights in the database may have put there: only what a data key may look like is shown. */
function shown(kekId: string | null): string {
  return kekId !== null && /^[A-Za-z0-9._-]{1,253}$/.test(kekId) ? kekId : '(no name of one)';
}
