/** What the command line asks for. */
export interface Arguments {
  /** One JSON object per figure instead of the table. */
  readonly json: boolean;
  /** A missed goal is a failure. */
  readonly strict: boolean;
  /** A context of the user's kubeconfig to measure on. */
  readonly context: string | undefined;
  /** Where the operator's CPU profiles and its log go, and stay. */
  readonly keep: string | undefined;
  /** Names of the figures that are wanted; empty: all. */
  readonly figures: readonly string[];
}

/** What is printed when the arguments are wrong. */
export const usage = `usage: npm run bench [-- OPTION... FIGURE...]
  --json              one JSON object per figure and line: name, value, unit, goal, ok
  --strict            end with 1 when a goal is missed
  --context CONTEXT   an existing cluster of your kubeconfig instead of a local one of its own
  --keep FOLDER       run the sources under the profiler; log and CPU profiles stay there (the figures are worse)
  FIGURE              only these figures`;

/** Reads the command line. Throws an Error that says what is wrong; show usage with it. */
export function parseArguments(words: readonly string[], known: readonly string[]): Arguments {
  const flags = { json: false, strict: false };
  const values: { context?: string; keep?: string } = {};
  const figures: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--json' || word === '--strict') flags[word === '--json' ? 'json' : 'strict'] = true;
    else if (word === '--context' || word === '--keep')
      values[word === '--keep' ? 'keep' : 'context'] = valueOf(word, queue);
    else if (known.includes(word)) figures.push(word);
    else throw new Error(`unknown figure or option ${word}; figures: ${known.join(', ')}`);
  }
  return { ...flags, context: values.context, keep: values.keep, figures };
}

function valueOf(option: string, queue: string[]): string {
  const value = queue.shift();
  if (value === undefined || value === '') throw new Error(`${option} needs a value`);
  return value;
}
