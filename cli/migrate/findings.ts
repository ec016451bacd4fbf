import type { Fields } from '../../operator/injection/explain/shape.ts';

/** What somebody should know of a translation. It names objects and fields, and repeats nothing that could be a value. */
export interface Finding {
  /** Of which object of the source, `Kind NAMESPACE/NAME`. */
  readonly object: string;
  /** Where in it, such as `spec.target.template`. */
  readonly field: string;
  /** What becomes of it here, and what to do. */
  readonly says: string;
  /** It is not in the result as it was in the source. False: it is, and this is only to be known. */
  readonly isLeft: boolean;
}

/** What a translation found in one object of the source. */
export class Findings {
  readonly #all: Finding[];
  readonly #object: string;

  /** `all` is where they are collected, of all objects. */
  constructor(all: Finding[], object: string) {
    this.#all = all;
    this.#object = object;
  }

  /** The field has no place here, or another one. */
  left(field: string, says: string): void {
    this.#all.push({ object: this.#object, field, says, isLeft: true });
  }

  note(field: string, says: string): void {
    this.#all.push({ object: this.#object, field, says, isLeft: false });
  }

  /** Names the members of a part that are none of the known ones: nothing of a source is dropped without a word. */
  unknown(part: Fields, known: readonly string[], where: string): void {
    for (const name of Object.keys(part))
      if (!known.includes(name)) this.left(`${where}.${name}`, 'not known to this command, and left out');
  }
}
