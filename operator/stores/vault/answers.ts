/** What the server answered, wrapped at once: nothing of it is of a known type. */
export interface Answer {
  readonly status: number;
  /** Undefined when it was no JSON. Never to be put into an error. */
  readonly body: unknown;
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** The field at a path of names, or undefined. */
export function fieldOf(value: unknown, ...names: readonly string[]): unknown {
  let at = value;
  for (const name of names) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}

/** A text at a path of names, or undefined. */
export function textOf(value: unknown, ...names: readonly string[]): string | undefined {
  const field = fieldOf(value, ...names);
  return typeof field === 'string' ? field : undefined;
}

/** A number at a path of names, or undefined. */
export function numberOf(value: unknown, ...names: readonly string[]): number | undefined {
  const field = fieldOf(value, ...names);
  return typeof field === 'number' ? field : undefined;
}

/** The texts of a list at a path of names. */
export function textsOf(value: unknown, ...names: readonly string[]): readonly string[] {
  const field = fieldOf(value, ...names);
  return Array.isArray(field) ? field.filter((each) => typeof each === 'string') : [];
}

/** Whether the server complains in these words: to tell cases apart, not to be quoted. */
export function complains(answer: Answer, words: RegExp): boolean {
  return textsOf(answer.body, 'errors').some((error) => words.test(error));
}

/** What somebody asks for who may be a proxy, or no friend, is heeded for so long at most: then it is asked again. Milliseconds. */
const LONGEST_PAUSE_MS = 60_000;

/** Milliseconds that a `Retry-After` header asks for, a minute at most: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(0, asked), LONGEST_PAUSE_MS);
}
