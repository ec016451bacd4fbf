import { CommandProblem } from '../problem.ts';

/** What was looked for: as it is (undefined: it is not there), or why it is not known. */
export type Looked<T> = { readonly value: T } | { readonly unknown: string; readonly reason?: CommandProblem };

/** A look that may be refused. Throws only what is no CommandProblem. */
export async function look<T>(asked: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { value: await asked() };
  } catch (error) {
    if (error instanceof CommandProblem) return { unknown: error.message, reason: error };
    throw error;
  }
}

/** What is known, or undefined. */
export function known<T>(looked: Looked<T>): T | undefined {
  return 'value' in looked ? looked.value : undefined;
}
