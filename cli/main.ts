import { EXIT } from './problem.ts';
import { run } from './program.ts';

// Whoever reads may stop before the end, as `head` does.
process.stdout.on('error', () => process.exit(EXIT.done));

const interrupted = new AbortController();
// The first one lets a command say how far it came, the second one ends it.
process.on('SIGINT', () => {
  if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
  interrupted.abort();
});

const { stdin, stdout, stderr, env } = process;
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, signal: interrupted.signal });
