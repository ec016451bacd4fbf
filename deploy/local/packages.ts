import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withProgress } from './progress.ts';
import { run } from './run.ts';

/**
 * Where a package need not come from Debian (Docker brings a containerd of its own, which Debian's would replace):
 * a program or file that is enough.
 */
const substitutes: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  'containernetworking-plugins': '/usr/lib/cni/ptp',
  gcc: 'gcc',
  python3: 'python3',
  'python3-pip': 'pip3',
  runc: 'runc',
  'xz-utils': 'xz',
};

const script = join(import.meta.dirname, 'install-packages.sh');

/**
 * Installs the Debian packages that are missing; no service is started or enabled for it, and nothing is removed.
 * @throws Error that says what to do where this is not Debian, or where this user may not install packages.
 */
export function ensurePackages(names: readonly string[]): Promise<void> {
  const installation = installing.then(() => install(names));
  installing = installation.catch(() => undefined);
  return installation;
}

/** apt does one thing at a time, and a second call fails rather than waits. */
let installing: Promise<void> = Promise.resolve();

async function install(names: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await isThere(name))) missing.push(name);
  if (missing.length === 0) return;
  const wanted = missing.join(' ');
  if (!onPath('apt-get')) throw new Error(`these programs are missing; install them (names of Debian 12): ${wanted}`);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !onPath('sudo')) {
    throw new Error(
      `these packages are missing; install them as root: apt-get install --no-install-recommends ${wanted}`,
    );
  }
  const [program = '', ...args] = [...(isRoot ? [] : ['sudo']), 'sh', script, '/usr/sbin/policy-rc.d', ...missing];
  // Others may be installing, and apt itself waits ten minutes for them: a kill in the midst of it is the last resort.
  await withProgress(`Installing Debian packages (${wanted})`, () => run(program, args, { timeoutMs: 7_200_000 }));
}

/** Whether PATH, or one of root's folders of programs, has a program of this name. */
export function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

async function isThere(name: string): Promise<boolean> {
  const substitute = substitutes[name];
  if (substitute?.startsWith('/') === true ? existsSync(substitute) : substitute !== undefined && onPath(substitute)) {
    return true;
  }
  const status = await run('dpkg-query', ['-W', '-f', '${Status}', name]).catch(() => '');
  return status === 'install ok installed';
}
