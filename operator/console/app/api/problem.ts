interface ProblemBody {
  readonly detail?: string;
  readonly code?: string;
}

/** The API said no (RFC 9457), or nothing at all: then the status is 0. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** A word for programs, where there is one: VersionConflict, InUse, … */
  readonly code: string | undefined;

  constructor(status: number, detail: string, code?: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }

  /** The problem that an answer tells of. One in between, such as a proxy, may answer with anything. */
  static async of(response: Response): Promise<Problem> {
    const body = await response.json().then(
      (json: unknown) => json as ProblemBody,
      (): ProblemBody => ({}),
    );
    const detail = typeof body.detail === 'string' ? body.detail : `something answered with status ${response.status}.`;
    return new Problem(response.status, detail, body.code);
  }

  /** Whether `error` is one with this code. */
  static is(error: unknown, code: string): error is Problem {
    return error instanceof Problem && error.code === code;
  }
}

/** What went wrong as a sentence for people. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : 'something went wrong.';
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Whether somebody called it off: that is no problem. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
