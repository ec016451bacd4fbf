import { command, type Command } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { wordsOf, type Words } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';

const SHELLS: Readonly<Record<string, (words: readonly Words[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Made of the commands, itself among them. */
export function completionOf(commands: () => readonly Command[]): Command {
  return command({
    name: 'completion',
    summary: 'completion for a shell',
    operands: Object.keys(SHELLS).join('|'),
    about: 'Writes a script by which a shell completes commands, options and files. It asks nobody for keys.',
    options: {},
    examples: [
      ['completion bash > /etc/bash_completion.d/spark-secrets', 'for all users of bash'],
      ['completion fish > ~/.config/fish/completions/spark-secrets.fish', 'for fish'],
    ],
    run: ({ operands: [shell = ''], io }) => {
      io.stdout.write(SHELLS[shell]?.(wordsOf(commands())) ?? '');
      return Promise.resolve(undefined);
    },
  });
}
