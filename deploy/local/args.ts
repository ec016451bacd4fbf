import { resolve } from 'node:path';
import { checkName } from './layout.ts';

/** What the command line asks for. */
export interface Arguments {
  readonly command: 'up' | 'down' | 'status' | 'exec' | 'load-image';
  /** The local cluster's name. */
  readonly name: string;
  /** A context of the user's kubeconfig: that cluster is meant, and nothing local. */
  readonly context?: string;
  /** Image archives that `up` imports. */
  readonly images: readonly string[];
  /** The words after the command: what to execute, or archives. */
  readonly rest: readonly string[];
}

/** What is printed when the arguments are wrong. */
export const usage = `usage: npm run cluster -- COMMAND [--name NAME]
  up [--image TAR]...      a local single-node Kubernetes; --image imports an archive, repeatable
  down                     removes it and all it left
  status                   what runs, the kubeconfig's path, versions
  exec COMMAND...          runs a command inside, with KUBECONFIG set and kubectl, helm and ctr on PATH
  load-image TAR...        imports archives of images
  --name NAME              which local cluster (default: dev)
  --context CONTEXT        status and load-image of an existing cluster of your kubeconfig instead`;

const names = ['up', 'down', 'status', 'exec', 'load-image'] as const;

/**
 * Reads the command line. Options of ours stand before what `exec` executes: its words are not touched.
 * @throws Error that says what is wrong; show usage with it.
 */
export function parseArguments(words: readonly string[]): Arguments {
  const options = { name: 'dev', images: [] as string[], rest: [] as string[] };
  let context: string | undefined;
  let command: Arguments['command'] | undefined;
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--name') options.name = checkName(valueOf(word, queue));
    else if (word === '--context') context = valueOf(word, queue);
    else if (word === '--image') options.images.push(valueOf(word, queue));
    else if (command === undefined) command = commandNamed(word);
    else if (command === 'exec') options.rest.push(...(word === '--' ? [] : [word]), ...queue.splice(0));
    else options.rest.push(word);
  }
  if (command === undefined) throw new Error('say what to do');
  return checked({ ...options, command, ...(context === undefined ? {} : { context }) });
}

/** Where an archive of the command line lies: npm starts scripts in the package's root, and tells where the user is. */
export function archivePath(word: string, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env['INIT_CWD'] ?? '', word);
}

function valueOf(option: string, queue: string[]): string {
  const next = queue.shift();
  if (next === undefined || next === '') throw new Error(`${option} needs a value`);
  return next;
}

function commandNamed(word: string): Arguments['command'] {
  const found = names.find((name) => name === word);
  if (found === undefined) throw new Error(`unknown command ${word}`);
  return found;
}

function checked(parsed: Arguments): Arguments {
  const wrong = mistake(parsed);
  if (wrong !== undefined) throw new Error(wrong);
  return parsed;
}

function mistake(parsed: Arguments): string | undefined {
  const { command, context, images } = parsed;
  if (command !== 'up' && images.length > 0) return '--image is for up; use load-image';
  if (context !== undefined && command !== 'status' && command !== 'load-image') {
    return `${command} is for local clusters: it takes no --context`;
  }
  return mistakeInRest(parsed);
}

function mistakeInRest({ command, rest }: Arguments): string | undefined {
  const unknown = command === 'exec' ? undefined : rest.find((word) => word.startsWith('-'));
  if (unknown !== undefined) return `unknown option ${unknown}`;
  const takesMore = command === 'exec' || command === 'load-image';
  if (takesMore && rest.length === 0) return `${command} needs something to work on`;
  return takesMore || rest.length === 0 ? undefined : `${command} takes no "${rest.join(' ')}"`;
}
