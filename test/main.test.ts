import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

const MAIN = join(import.meta.dirname, '..', 'operator', 'main.ts');
const POD = { POD_NAMESPACE: 'operator', POD_NAME: 'operator-1' };
/** Throws as soon as somebody would hear of it. */
const MISTAKE =
  "const wait = () => { if (process.listenerCount('uncaughtException') === 0) return setImmediate(wait); throw new Error('by mistake'); }; wait();";

interface Ended {
  readonly code: unknown;
  readonly lines: readonly string[];
  readonly stderr: string;
}

describe('the process of the operator', () => {
  const wrong: Readonly<Record<string, { env: Readonly<Record<string, string>>; message: RegExp }>> = {
    'a setting is missing': { env: { ...POD, POD_NAME: '' }, message: /^POD_NAME is not set/ },
    'a setting is wrong': { env: { ...POD, WATCH_NAMESPACES: '*' }, message: /^WATCH_NAMESPACES names \*/ },
    'its kubeconfig is not there': {
      env: { ...POD, KUBECONFIG: '/nowhere/kubeconfig' },
      message: /\/nowhere\/kubeconfig/,
    },
    'something goes wrong that nobody foresaw': {
      env: { ...POD, NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(MISTAKE)}"` },
      message: /^by mistake$/,
    },
  };
  for (const [sentence, { env, message }] of Object.entries(wrong)) {
    it(`ends with a line of its log that says so when ${sentence}`, async () => {
      const { code, lines, stderr } = await run(env);
      expect(code, lines.join('\n') + stderr).to.equal(1);
      // Node's own words would be the line of the source that threw: the image's bundle is a single one.
      expect(stderr).to.equal('');
      const line = JSON.parse(lines.at(-1) ?? '') as { level: string; msg: string; err: { message: string } };
      expect(line).to.include({ level: 'fatal', msg: 'ended by an error' });
      expect(line.err.message).to.match(message);
    });
  }
});

/** Runs the operator to its end, with these variables and no others. */
async function run(env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const [ended, stdout, stderr] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code: (ended as unknown[])[0], lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}
