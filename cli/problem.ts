/** What a command ends with. Documented in docs/cli.md: scripts rely on them. */
export const EXIT = {
  done: 0,
  /** It could not be done, or not all of it. */
  failed: 1,
  /** The command line is wrong: nothing was tried. */
  usage: 2,
  /** It was done, and found what somebody should look at. */
  notWell: 3,
  /** What was asked for is not there. */
  notFound: 4,
  /** It is not as the caller said: there already, another version, in use. */
  conflict: 5,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** Why a command could not do its work: a sentence for whoever typed it. Never a value, never a token. */
export class CommandProblem extends Error {
  override readonly name: string = 'CommandProblem';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What was typed is not how the command is used. */
export class UsageProblem extends CommandProblem {
  override readonly name = 'UsageProblem';

  constructor(message: string) {
    super(message, EXIT.usage);
  }
}
