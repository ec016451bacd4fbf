import { randomBytes } from 'node:crypto';

/** A random word that stands nowhere else in the world: put it into each value, and search for it where it must not be. */
export function canary(): string {
  return `canary-${randomBytes(12).toString('hex')}`;
}

/** All that shells, YAML, properties files, Spark, kubelet and printf might change, round a word. */
export function nasty(word: string): string {
  const quotes = `"double" 'single' \`back\``;
  const signs = '= : \\ \\\\ \\n \\u0041 # ! % %s %d & ; | < > * ? ~ {} [] () , @ ^';
  const references = '${x} $${y} ${env:HOME} $(HOME) $$(HOME) $HOME {{.Name}} ${secrets.KEY}';
  const text = 'é ß 漢字 \u00a0 😀 \ufeff';
  return `${quotes}\n${signs}\n\n${references}\r\n\ttab ${text} ${word}=end:`;
}

/** A text of so many bytes round a word. */
export function large(bytes: number, word: string): string {
  const filler = 'x:y=z\\"\'\n';
  const rest = bytes - word.length;
  return (word + filler.repeat(Math.ceil(rest / filler.length)).slice(0, rest - 1)).slice(0, bytes - 1) + '.';
}
