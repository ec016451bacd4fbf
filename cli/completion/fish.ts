import type { OptionWord, Words } from './words.ts';

/** Completion for fish. */
export function fishCompletion(commands: readonly Words[]): string {
  const lines = commands.flatMap(({ name, summary, operands, options }) => [
    `complete -c spark-secrets -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...(operands.length === 0 ? [] : [`${of(name)} -f -a ${quoted(operands.join(' '))}`]),
    ...options.map((option) => `${of(name)} ${optionArguments(option)}`),
  ]);
  return `# Completion of spark-secrets for fish: spark-secrets completion fish | source
complete -c spark-secrets -n __fish_use_subcommand -f
${lines.join('\n')}
`;
}

function of(name: string): string {
  return `complete -c spark-secrets -n '__fish_seen_subcommand_from ${name}'`;
}

function optionArguments({ long, short, about, value }: OptionWord): string {
  const letter = short === undefined ? '' : `-s ${short.slice(1)} `;
  const takes = value === undefined ? '' : value === 'file' ? ' -r -F' : ' -x';
  const choices = Array.isArray(value) ? ` -a ${quoted(value.join(' '))}` : '';
  return `${letter}-l ${long.slice(2)}${takes}${choices} -d ${quoted(about)}`;
}

/** As fish reads it: a backslash and a quote are escaped in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
