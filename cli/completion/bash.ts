import type { Words } from './words.ts';

/** Completion for bash, without the package bash-completion. */
export function bashCompletion(commands: readonly Words[]): string {
  const cases = commands.map(({ name, operands, options }) => {
    const words = [...operands, ...options.map(({ long }) => long)].join(' ');
    return `    ${name}) words='${words}' ;;`;
  });
  return `# Completion of spark-secrets for bash: source <(spark-secrets completion bash)
_spark_secrets() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word"))
    return
  fi
  case $command:$before in
${valueCases(commands).join('\n')}
  esac
  case $command in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  # What is no word of ours may be a file.
  if [ "\${word:0:1}" != - ] && [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _spark_secrets spark-secrets
`;
}

/** What follows an option that takes a value. */
function valueCases(commands: readonly Words[]): string[] {
  return commands.flatMap(({ name, options }) =>
    options.flatMap(({ long, short, value }) => {
      if (value === undefined) return [];
      const pattern = [long, short]
        .filter((word) => word !== undefined)
        .map((word) => `${name}:${word}`)
        .join('|');
      const found = value === 'file' ? '-f' : value === 'any' ? "-W ''" : `-W '${value.join(' ')}'`;
      return [`    ${pattern}) COMPREPLY=($(compgen ${found} -- "$word")); return ;;`];
    }),
  );
}
