import { setFlagsFromString } from 'node:v8';
import { KubeConfig } from '@kubernetes/client-node';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';
import { rewrapCommand } from './rewrap-command.ts';
import { createLogger } from './telemetry/logger.ts';

/** Time for a clean end before the process ends anyway, in milliseconds. */
const STOP_MS = 8_000;

// Loads everything, then ends: fills Node's compile cache when the image is built.
if (process.argv.includes('--selftest')) process.exit(0);

// Of wrong settings too. Node itself would print the line of the source that threw: the image's bundle is a single one.
process.on('uncaughtException', (error) => {
  createLogger({ level: 'fatal' }).fatal({ err: error }, 'ended by an error');
  process.exit(1);
});

// undici's parser of HTTP/1.1 is WebAssembly, and to optimize it costs 15 MiB that stay: more than its speed is worth here.
for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);

const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();

// `rewrap NAMESPACE/STORE`: a command for people, in the operator's image because it needs the operator's rights.
const [command, argument] = process.argv.slice(2);
if (command === 'rewrap') process.exit(await rewrapCommand(kubeConfig, argument));

const config = readConfig(process.env);
const program = compose(config, kubeConfig, (reason) => void end(1, reason));

let ending = false;
async function end(code: number, reason: string): Promise<void> {
  if (ending) return;
  ending = true;
  program.logger.info({ reason }, 'stopping');
  setTimeout(() => process.exit(code === 0 ? 1 : code), STOP_MS).unref();
  await program.stop();
  process.exit(code);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(0, signal));
try {
  await program.start();
} catch (error) {
  program.logger.fatal({ err: error }, 'could not start');
  await end(1, 'could not start');
}
