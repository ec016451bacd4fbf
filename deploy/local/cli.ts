import { type Arguments, archivePath, parseArguments, usage } from './args.ts';
import { attend } from './attend.ts';
import { cacheFolder } from './cache.ts';
import { type Cluster, findLocalCluster, insideCommand, openCluster } from './cluster.ts';
import { down, findRunning } from './local-cluster.ts';
import { onPath } from './packages.ts';
import { say } from './progress.ts';
import { statusOf } from './status.ts';

/** Does what the command line says. @returns the exit code. */
async function main(words: readonly string[]): Promise<number> {
  let parsed: Arguments;
  try {
    parsed = parseArguments(words);
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  if (parsed.context === undefined && process.getuid?.() !== 0) return asRoot();
  const commands = { up: upCommand, down: downCommand, status, exec, 'load-image': loadImage };
  return commands[parsed.command](parsed);
}

async function upCommand({ name, images }: Arguments): Promise<number> {
  const cluster = await openCluster({ name, images: images.map((word) => archivePath(word)) });
  console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
  say(`Ready. Programs of this machine are reached from it at ${cluster.hostAddress ?? ''}.`);
  return 0;
}

async function downCommand({ name }: Arguments): Promise<number> {
  await down(name);
  say(`The cluster ${name} is gone.`);
  return 0;
}

async function status({ name, context }: Arguments): Promise<number> {
  const { text, isUp } = await statusOf(name, context);
  console.log(text);
  return isUp ? 0 : 1;
}

async function exec({ name, rest }: Arguments): Promise<number> {
  const running = await findRunning(name);
  if (running === undefined) throw notUp(name);
  const [args, env] = insideCommand(running, rest);
  return attend('nsenter', args, env);
}

async function loadImage({ name, context, rest }: Arguments): Promise<number> {
  const cluster: Cluster | undefined =
    context === undefined ? await findLocalCluster(name) : await openCluster({ name, context });
  if (cluster === undefined) throw notUp(name);
  for (const word of rest) await cluster.loadImage(archivePath(word));
  return 0;
}

function notUp(name: string): Error {
  return new Error(`no cluster ${name} is up; start it with: npm run cluster -- up --name ${name}`);
}

/** Runs the same command with sudo, on the same cache and the same folder of state. */
async function asRoot(): Promise<number> {
  if (!onPath('sudo')) throw new Error('a local cluster needs root: run this as root, or install sudo');
  const kept = [`SPARK_SECRETS_CACHE=${cacheFolder()}`, `PATH=${process.env['PATH'] ?? ''}`];
  for (const name of ['TMPDIR', 'INIT_CWD']) {
    if (process.env[name] !== undefined) kept.push(`${name}=${process.env[name]}`);
  }
  return attend('sudo', ['env', ...kept, process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
