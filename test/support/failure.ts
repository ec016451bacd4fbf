import { inspect } from 'node:util';

/** What a promise is rejected with; throws when it is not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`it did not fail, but gave ${inspect(answer)}`);
}

/** All that a log, an event or a person could see of an error. */
export function seenOf(error: unknown): string {
  const { stack = '', cause } = error as Error;
  const deep = inspect(error, { depth: 9, showHidden: true, getters: true });
  return [String(error), stack, JSON.stringify(error), deep, cause === undefined ? '' : seenOf(cause)].join('\n');
}
