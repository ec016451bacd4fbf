import type { SecretValue } from '../operator/api/secret-value.ts';
import type { Output } from './io.ts';
import { CommandProblem } from './problem.ts';
import { isPlainText } from './terminal/plain.ts';

/**
 * Writes a value to whoever reads the output: its bytes, and nothing else. On a terminal a line end follows, and what
 * would make the terminal do something is not written: throws CommandProblem.
 */
export function writeValue(output: Output, value: SecretValue): void {
  const bytes = value.reveal();
  if (output.isTTY !== true) {
    output.write(bytes);
    return;
  }
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes) || !isPlainText(text))
    throw new CommandProblem(
      'the value holds what a terminal would not show, or act on: write it to a file (> FILE), or use -o json',
    );
  output.write(text.endsWith('\n') ? text : `${text}\n`);
}
