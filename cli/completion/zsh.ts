import type { OptionWord, Words } from './words.ts';

/** Completion for zsh. */
export function zshCompletion(commands: readonly Words[]): string {
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, operands, options }) => {
    const operand = operands.length === 0 ? "'*:operand:_files'" : `'*:operand:(${operands.join(' ')})'`;
    const all = [...options.flatMap(optionSpecs), operand];
    return `    ${name}) _arguments ${all.join(' ')} ;;`;
  });
  return `#compdef spark-secrets
# Completion of spark-secrets for zsh: source <(spark-secrets completion zsh)
_spark_secrets() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _spark_secrets spark-secrets
`;
}

function optionSpecs({ long, short, about, value }: OptionWord): string[] {
  const takes =
    value === undefined ? '' : `:value:${value === 'file' ? '_files' : value === 'any' ? '' : `(${value.join(' ')})`}`;
  // Brackets and colons have a meaning in such a text.
  const says = about.replaceAll(/[[\]:\\]/g, '\\$&');
  return [long, ...(short === undefined ? [] : [short])].map((word) => quoted(`${word}[${says}]${takes}`));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
