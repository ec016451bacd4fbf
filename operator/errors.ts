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
  VersionConflict: {
    message: 'the key has another version by now: read it again, then write',
    status: 409,
    retry: false,
  },
  ValueTooLarge: { message: 'the value is too large for the store', status: 413, retry: false },
  InvalidKey: { message: 'the store can not hold a key of this form', status: 422, retry: false },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table. `detail` is added to the table's sentence. */
export class OperatorError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retry: boolean;

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    const kind = ERRORS[code];
    super(detail === undefined ? kind.message : `${kind.message}: ${detail}`, options);
    this.name = code;
    this.code = code;
    this.status = kind.status;
    this.retry = kind.retry;
  }

  /** Whether `error` is one of ours with that code. */
  static is(error: unknown, code: ErrorCode): error is OperatorError {
    return error instanceof OperatorError && error.code === code;
  }
}
