import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What a run of mocha came to, as tools/test.ts reads it. */
export interface Outcome {
  readonly passed: number;
  /** Title, error and stack of each test and hook that failed. */
  readonly failures: readonly string[];
}

/** The file that the outcome goes to. */
export const OUTCOME_FILE = 'MOCHA_OUTCOME_FILE';

/** Mocha's own report, and the outcome into a file: what tests print may look like a report. */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const failures = this.failures.map(
        (test) => `${test.fullTitle()}\n${test.err?.stack ?? test.err?.message ?? ''}`,
      );
      const outcome: Outcome = { passed: this.stats.passes, failures };
      writeFileSync(process.env[OUTCOME_FILE] ?? '', JSON.stringify(outcome));
    });
  }
}

// Mocha takes what `require` gives.
export { CountingReporter as 'module.exports' };
