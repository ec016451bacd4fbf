/** A text that was searched, and where it was found. */
export interface Place {
  readonly where: string;
  readonly text: string;
}

/** A value that stood in clear, or in base64, where it must not. It names the value and never holds it. */
export interface Leak {
  readonly where: string;
  readonly value: string;
  readonly form: string;
}

/**
 * Finds values in texts: in clear, in base64 at each of its three alignments (so also in the middle of a longer encoded
 * text), in its URL form, and in hex. Give values that are random and plain (letters and digits): those look the same in
 * JSON, YAML, shell, URL and properties files.
 */
export class LeakSearch {
  readonly #needles: readonly { readonly value: string; readonly form: string; readonly needle: string }[];

  /** @param values name → value; @throws Error for a value that chance could produce, or that escaping could hide */
  constructor(values: Readonly<Record<string, string>>) {
    this.#needles = Object.entries(values).flatMap(([value, secret]) => {
      if (!/^[A-Za-z0-9-]{12,}$/.test(secret))
        throw new Error(`${value} is no value to search for: use 12 plain characters or more`);
      return formsOf(secret).map(([form, needle]) => ({ value, form, needle }));
    });
  }

  /** Where one of the values stands. */
  search(places: readonly Place[]): readonly Leak[] {
    return places.flatMap(({ where, text }) =>
      this.#needles.filter(({ needle }) => text.includes(needle)).map(({ value, form }) => ({ where, value, form })),
    );
  }
}

function formsOf(secret: string): (readonly [string, string])[] {
  const forms = [
    ['in clear', secret],
    ['in hex', Buffer.from(secret).toString('hex')],
  ] as (readonly [string, string])[];
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.from(`${'\0'.repeat(offset)}${secret}`).toString('base64url');
    // The first characters mix with what stands before, the last two with what stands behind.
    const inner = encoded.slice(Math.ceil((offset * 8) / 6), -2);
    forms.push(['in base64', inner]);
  }
  return forms;
}
