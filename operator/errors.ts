/** How an error of ours is known outside: its code, HTTP status, and whether trying again may help. */
interface ErrorKind {
  readonly message: string;
  readonly status: number;
  readonly retry: boolean;
}

/** The table of our errors. A message never holds a value, nor what a backend answered. */
const ERRORS = {
  StoreUnreachable: { message: 'the store does not answer', status: 503, retry: true },
  AuthenticationFailed: { message: 'the store refuses the operator', status: 502, retry: true },
  CredentialsMissing: { message: 'a Secret that the store names is not there', status: 502, retry: true },
  KeyRefused: { message: 'the store refuses this key to the operator', status: 502, retry: true },
  ValueUnreadable: { message: 'what the store has under the key is not a value', status: 502, retry: true },
  VersionConflict: {
    message: 'the key has another version by now: read it again, then write',
    status: 409,
    retry: false,
  },
  ValueTooLarge: { message: 'the value is too large for the store', status: 413, retry: false },
  InvalidKey: { message: 'the store can not hold a key of this form', status: 422, retry: false },
  KeyNotGranted: { message: 'the store does not grant this key', status: 403, retry: false },
  VersionNotKept: { message: 'the store does not have this version of the key', status: 404, retry: false },
  NoHistory: { message: 'the store keeps no earlier values', status: 501, retry: false },
  SearchTooWide: {
    message: 'there is too much in this group to search all of it: search in a group further down',
    status: 422,
    retry: false,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export interface OperatorErrorOptions extends ErrorOptions {
  /** How long the backend asks to be left alone, in milliseconds (`Retry-After`). */
  readonly retryAfterMs?: number;
}

/** An error with a code of the table. `detail` is added to the table's sentence. */
export class OperatorError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retry: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, detail?: string, options?: OperatorErrorOptions) {
    const kind = ERRORS[code];
    super(detail === undefined ? kind.message : `${kind.message}: ${detail}`, options);
    this.name = code;
    this.code = code;
    this.status = kind.status;
    this.retry = kind.retry;
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** Whether `error` is one of ours with that code. */
  static is(error: unknown, code: ErrorCode): error is OperatorError {
    return error instanceof OperatorError && error.code === code;
  }
}
