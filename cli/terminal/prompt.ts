import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from '../io.ts';
import { CommandProblem, EXIT } from '../problem.ts';

/**
 * Asks questions on a terminal, which does not show what is typed until the last one is answered. Throws CommandProblem
 * when that is broken off: Ctrl-C, Ctrl-D.
 */
export function askHidden(
  questions: readonly string[],
  { stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>,
): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  // It sets the terminal to raw mode, and would itself echo to its output.
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  const answers: string[] = [];
  const stop = (): void => {
    reject(new CommandProblem('nothing was typed', EXIT.interrupted));
    lines.close();
  };
  lines.once('SIGINT', stop).once('close', stop);
  lines.on('line', (line) => {
    if (answers.push(line) < questions.length) stderr.write(`\n${questions[answers.length] ?? ''}`);
    else {
      resolve(answers);
      lines.close();
    }
  });
  // Only now: what is typed before would be shown.
  stderr.write(questions[0] ?? '');
  return promise.finally(() => stderr.write('\n'));
}
