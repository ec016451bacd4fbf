import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const file = join(import.meta.dirname, '..', '..', 'deploy', 'local', 'attend.ts');

describe('a command that is run for the user', () => {
  it('gives its exit code, and 128 and a number when a signal ended it', async () => {
    expect(await attended(['sh', '-c', 'exit 7'])).to.equal(7);
    expect(await attended(['sh', '-c', 'kill -TERM $$'])).to.equal(143);
  });

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    it(`is handed a ${signal} and may end in its own way`, async () => {
      const script = `trap 'exit 7' ${signal.slice(3)}; echo ready; while :; do sleep 0.1; done`;
      expect(await attended(['sh', '-c', script], signal)).to.equal(7);
    });
  }
});

/** The exit code of a process that attends a command, and gets a signal when the command writes something. */
async function attended(command: readonly string[], signal?: NodeJS.Signals): Promise<number | null> {
  const script = `import { attend } from ${JSON.stringify(file)};
    const [command, ...args] = ${JSON.stringify(command)};
    process.exitCode = await attend(command, args);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
