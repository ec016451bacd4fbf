import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { expect } from 'chai';

import { writeApp } from '../../deploy/image/app.ts';
import { parseDebianPackages } from '../../deploy/image/debian-packages.ts';
import type { Bom, Component } from '../../deploy/image/sbom.ts';

/** As dpkg-query writes it for the Dockerfile. */
const DEBIAN = [
  ['busybox-static', '1:1.35.0-4+b7', 'amd64', 'busybox', '1:1.35.0-4', 'debian-12', 'glibc (= 2.36-9+deb12u10)'],
  ['gcc-12-base', '12.2.0-14', 'amd64', 'gcc-12', '12.2.0-14', 'debian-12', ''],
  ['libc6', '2.36-9+deb12u14', 'amd64', 'glibc', '2.36-9+deb12u14', 'debian-12', ''],
  ['libstdc++6', '12.2.0-14', 'amd64', 'gcc-12', '12.2.0-14', 'debian-12', ''],
];
/** Whoever hands on the image keeps these by handing on the texts that are in it. */
const LICENCES = [
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'Unlicense'],
  'Public Domain',
];

describe('what the operator’s image has of this repository', function () {
  this.timeout(60_000);
  const folders: string[] = [];
  let folder = '';
  let bom: Bom;

  /** Writes it once more, somewhere else; Debian's packages in another order, if one asks for it. */
  async function written(lines = DEBIAN): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'image-content-'));
    folders.push(made);
    await writeApp(made, lines.map((line) => `${line.join('\t')}\n`).join(''));
    return made;
  }

  before(async () => {
    folder = await written();
    bom = JSON.parse(await readFile(join(folder, 'usr/share/doc/spark-secrets-operator/sbom.cdx.json'), 'utf8')) as Bom;
  });
  after(() => Promise.all(folders.map((made) => rm(made, { recursive: true }))));

  it('is the same, byte for byte, when it is made again', async () => {
    const again = await written(DEBIAN.toReversed());
    const files = await filesIn(folder);
    expect(files).to.include('app/operator.mjs').and.include('app/console/index.html.gz');
    expect(await filesIn(again)).to.deep.equal(files);
    for (const file of files) {
      const [one, other] = await Promise.all([folder, again].map((made) => readFile(join(made, file))));
      expect(one!.equals(other!), file).to.equal(true);
    }
  });

  it('names in its SBOM each package that the operator and the page import, with version, licence and sum', async () => {
    const listed = bom.components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
    const names = listed.map(({ name, version }) => `${name} ${version}`);
    const texts = await Promise.all(
      ['operator.mjs.LICENSES.txt', 'console/LICENSES.txt'].map((name) => readFile(join(folder, 'app', name), 'utf8')),
    );
    const titles = texts.flatMap((text) => [...text.matchAll(/^(\S+ \d\S+): "/gm)].map(([, title]) => title));
    expect(names.toSorted()).to.deep.equal([...new Set(titles)].toSorted());
    // What our own files import: the packages that package.json names for the operator, but what they take from one of them.
    const own = await importsOf(join(import.meta.dirname, '..', '..', 'operator'));
    expect(own).to.include('fastify').and.include('preact').and.include('@kubernetes/client-node');
    expect(listed.map(({ name }) => name)).to.include.members(own);
    for (const { name, version, purl, hashes } of listed) {
      expect(purl).to.equal(`pkg:npm/${name.replace('@', '%40')}@${version}`);
      expect(hashes?.[0]?.content, name).to.match(/^[0-9a-f]{128}$/);
    }
  });

  it('has nothing of what dot-i would write with, and of client-node no class of a kind', async () => {
    const operator = await readFile(join(folder, 'app', 'operator.mjs'), 'utf8');
    expect(bom.components.map(({ name }) => name)).not.to.include('gaxios');
    expect(operator).to.include('loadFromDefault').and.not.include('V1PersistentVolumeClaimList');
  });

  it('has packages of such licences alone as ask for no more than their text', () => {
    for (const { name, licenses = [] } of bom.components.filter(({ purl }) => purl.startsWith('pkg:npm/'))) {
      const choices = licenses as readonly { license?: { id?: string; name?: string }; expression?: string }[];
      const words = choices.flatMap(
        ({ license, expression = '' }) => license?.id ?? license?.name ?? expression.split(' OR '),
      );
      expect(words, name).not.to.be.empty;
      expect(LICENCES, name).to.include.oneOf(words.map((word) => word.replaceAll(/[()]/g, '')));
    }
  });

  it('names Node with what is within it, and Debian’s packages with their sources', () => {
    const node = bom.components.find(({ name }) => name === 'node')!;
    expect(node.version).to.equal(process.versions.node);
    const within = new Map(node.components?.map(({ name, version }) => [name, version]));
    expect([...within.keys()])
      .to.include.members(['openssl', 'v8', 'uv', 'zlib'])
      .and.not.include('modules');
    expect(within.get('openssl')).to.equal(process.versions.openssl);
    const debian = bom.components.filter(({ purl }) => purl.startsWith('pkg:deb/')).map(({ purl }) => purl);
    expect(debian).to.have.members([
      'pkg:deb/debian/busybox-static@1:1.35.0-4%2Bb7?arch=amd64&distro=debian-12&upstream=busybox',
      'pkg:deb/debian/glibc@2.36-9%2Bdeb12u10?arch=source&distro=debian-12',
      'pkg:deb/debian/gcc-12-base@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12',
      'pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64&distro=debian-12&upstream=glibc',
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12',
    ]);
  });

  it('has an SBOM of the form of CycloneDX 1.6, without a time, in which every reference leads somewhere', () => {
    expect(bom).to.have.all.keys(
      ...['bomFormat', 'specVersion', 'serialNumber', 'version', 'metadata', 'components', 'dependencies'],
    );
    expect(bom).to.include({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
    expect(bom.serialNumber).to.match(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(bom.metadata).to.have.all.keys('component', 'lifecycles');
    const known = [bom.metadata.component, ...bom.components.flatMap(withParts)];
    const refs = known.map((component) => component['bom-ref']);
    expect(new Set(refs)).to.have.property('size', refs.length);
    for (const component of known) {
      const allowed = ['type', 'bom-ref', 'name', 'version', 'purl', 'cpe', 'licenses', 'hashes', 'components'];
      expect(allowed).to.include.members(Object.keys(component));
      expect(component.type).to.be.oneOf(['application', 'library', 'platform']);
      expect(component.version, component.name).to.not.equal('');
    }
    for (const { ref, dependsOn } of bom.dependencies) expect(refs, ref).to.include.members([ref, ...dependsOn]);
    const reached = reachable(bom);
    expect(bom.components.map((component) => component['bom-ref']).filter((ref) => !reached.has(ref))).to.deep.equal(
      [],
    );
  });

  it('is not made from a list of Debian’s packages that it can not read', () => {
    expect(() => parseDebianPackages('libc6\t2.36\n')).to.throw('too few columns: libc6\t2.36');
  });
});

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).toSorted();
}

/** The packages that sources import, but for their types alone. */
async function importsOf(folder: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const file of (await filesIn(folder)).filter((name) => /[.]tsx?$/.test(name))) {
    const text = await readFile(join(folder, file), 'utf8');
    const imports = text.matchAll(
      /(?:^import (?!type )(?:[^;]*? from )?|\bimport\()'((?:@[\w.-]+\/)?[\w.-]+)(?:\/[\w.-]+)*'/gm,
    );
    for (const [, name = ''] of imports) if (!name.startsWith('.')) names.add(name);
  }
  return [...names];
}

function withParts(component: Component): readonly Component[] {
  return [component, ...(component.components ?? [])];
}

function reachable({ metadata, dependencies }: Bom): ReadonlySet<string> {
  const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const reached = new Set([metadata.component['bom-ref']]);
  for (const ref of reached) for (const needed of needs.get(ref) ?? []) reached.add(needed);
  return reached;
}
