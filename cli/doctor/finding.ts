import type { Looked } from './looked.ts';

/** How a check went. */
export type State = 'ok' | 'warning' | 'problem';

/** What a check found. */
export interface Finding {
  /** What was checked, in a word: `webhook`. */
  readonly area: string;
  readonly state: State;
  /** What is so. Never a value, never a token. */
  readonly message: string;
  /** What to do next; there unless it is ok. */
  readonly next?: string;
}

/** The findings of an area. */
export interface Area {
  readonly ok: (message: string) => Finding;
  readonly warning: (message: string, next: string) => Finding;
  readonly problem: (message: string, next: string) => Finding;
  /** Nothing is known of it. */
  readonly unknown: (looked: { readonly unknown: string }) => Finding;
}

export function area(name: string): Area {
  const found = (state: State, message: string, next?: string): Finding => ({
    ...{ area: name, state, message },
    ...(next === undefined ? {} : { next }),
  });
  return {
    ok: (message) => found('ok', message),
    warning: (message, next) => found('warning', message, next),
    problem: (message, next) => found('problem', message, next),
    unknown: ({ unknown }) =>
      found('warning', `not looked at: ${unknown}`, 'Ask somebody who may look, or get that right.'),
  };
}

/** Whether it is known; narrows. */
export function isKnown<T>(looked: Looked<T>): looked is { readonly value: T } {
  return 'value' in looked;
}
