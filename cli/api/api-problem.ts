import { CommandProblem, EXIT } from '../problem.ts';

const EXIT_CODES: Readonly<Record<number, number>> = { 404: EXIT.notFound, 409: EXIT.conflict };

/** The API refused a request, in its own words: they hold no value (docs/api.md). */
export class ApiProblem extends CommandProblem {
  readonly status: number;
  /** A word for programs, where the API gives one: KeyNotFound, VersionConflict, … */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string, exitCode = EXIT_CODES[status] ?? EXIT.failed) {
    super(message, exitCode);
    this.status = status;
    this.code = code;
  }

  static is(error: unknown, code: string): error is ApiProblem {
    return error instanceof ApiProblem && error.code === code;
  }
}

/** Nobody answered, or the connection broke: whether the request was heard is not known. */
export class NoAnswer extends CommandProblem {}

/**
 * The problem of an answer of 400 and above. What is not of the API is not repeated: it may be of a proxy on the way, which
 * knows nothing of what is there.
 */
export function problemOf(status: number, text: string): ApiProblem {
  const { type, detail, code } = parsed(text);
  // A problem of the API has this type, and not always a code.
  if (type === 'about:blank' && typeof detail === 'string')
    return new ApiProblem(status, detail, typeof code === 'string' ? code : undefined);
  const hint = status === 404 ? ': see that --server is its address' : '';
  const message = `the API answers ${status}, and not in its own words${hint}`;
  return new ApiProblem(status, message, undefined, EXIT.failed);
}

function parsed(text: string): { readonly type?: unknown; readonly detail?: unknown; readonly code?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}
