import { createWriteStream, fstatSync } from 'node:fs';
import type { Output } from './io.ts';
import { unwritten } from './output.ts';
import { EXIT } from './problem.ts';
import { run } from './program.ts';

const stdout = outputOf(process.stdout);
stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads may stop before the end, as `head` does.
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  process.stderr.write(`spark-secrets: ${unwritten(error).message}\n`);
  process.exit(EXIT.failed);
});

const interrupted = new AbortController();
// The first one lets a command say how far it came, the second one ends it.
process.on('SIGINT', () => {
  if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
  interrupted.abort();
});

const { stdin, stderr, env } = process;
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, signal: interrupted.signal });

/** Node's own stream to a file takes it for all when the disk had room for a part. */
function outputOf(given: typeof process.stdout): Output {
  const isFile = fstatSync(given.fd).isFile();
  return isFile ? createWriteStream('', { fd: given.fd, autoClose: false }) : given;
}
