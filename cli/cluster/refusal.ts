import { CommandProblem } from '../problem.ts';

/** A request that the API server refused, in its own words. */
export class Refusal extends CommandProblem {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  static is(error: unknown, code: number): error is Refusal {
    return error instanceof Refusal && error.code === code;
  }
}
