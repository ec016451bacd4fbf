import { createHash } from 'node:crypto';

import type { DebianPackage } from './debian-packages.ts';
import type { BundledPackages } from './packages.ts';

/** What is in the image. */
export interface ImageContent {
  /** The operator's own name, version and licence. */
  readonly operator: { readonly name: string; readonly version: string; readonly license: string };
  readonly npm: BundledPackages;
  /** The sums of the packages, by folder, as package-lock.json has them. */
  readonly lock: Readonly<Record<string, { readonly integrity?: string }>>;
  readonly debian: readonly DebianPackage[];
  /** The versions of Node and of the libraries within its binary, as `process.versions` has them. */
  readonly node: Readonly<Record<string, string | undefined>>;
}

/** The part of CycloneDX 1.6 that is used here. */
export interface Bom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: Component; readonly lifecycles: readonly object[] };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/** One thing in the image; within Node, the things in it. */
export interface Component {
  readonly type: 'application' | 'library' | 'platform';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly cpe?: string;
  readonly licenses?: readonly object[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly components?: readonly Component[];
}

/** What one component needs; both are `bom-ref`s. */
export interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** What Debian's copyright files say of the packages that Node needs, in SPDX's words; of others they say it themselves. */
const DEBIAN_LICENCES: Readonly<Record<string, string>> = {
  'busybox-static': 'GPL-2.0-only',
  'gcc-12-base': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  glibc: 'LGPL-2.1-or-later',
  libc6: 'LGPL-2.1-or-later',
  'libgcc-s1': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'libstdc++6': 'GPL-3.0-or-later WITH GCC-exception-3.1',
};

/** Of `process.versions`, what is a number of an interface or of a standard. */
const NOT_LIBRARIES = new Set(['node', 'modules', 'napi', 'unicode']);

/**
 * The software bill of materials of the image. It holds no time and no random number: the same content makes the same
 * text, and its serial number is made from the content.
 */
export function sbom(content: ImageContent): Bom {
  const { name, version, license } = content.operator;
  const ref = `pkg:generic/${name}@${version}`;
  const operator: Component = {
    ...{ type: 'application', 'bom-ref': ref, name, version, purl: ref },
    licenses: [{ license: { id: license } }],
  };
  const node = nodeComponent(content.node);
  const libraries = content.debian.filter(({ builtUsing }) => builtUsing.length === 0).map(debianPurl);
  const refs = npmPurls(content.npm);
  const programs = content.debian.filter(({ builtUsing }) => builtUsing.length > 0).map(debianPurl);
  const needed = [...content.npm.imports.map((folder) => refs.get(folder) ?? ''), node['bom-ref'], ...programs];
  const components = [...npmComponents(content, refs), node, ...content.debian.flatMap(debianComponents)];
  const dependencies = [
    { ref, dependsOn: needed },
    ...npmDependencies(content.npm, refs),
    { ref: node['bom-ref'], dependsOn: libraries },
    ...content.debian.map((one) => ({ ref: debianPurl(one), dependsOn: one.builtUsing.map(sourcePurl(one)) })),
  ];
  const body = {
    metadata: { lifecycles: [{ phase: 'build' }], component: operator },
    components: uniqueByRef(components),
    dependencies: dependencies.map((one) => ({ ref: one.ref, dependsOn: [...new Set(one.dependsOn)].toSorted() })),
  };
  return { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serial(body), version: 1, ...body };
}

/** A UUID of version 8, whose bits are the maker's own. */
function serial(body: object): string {
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return `urn:uuid:${parts.join('-')}-${hash.slice(20, 32)}`;
}

function uniqueByRef(components: readonly Component[]): readonly Component[] {
  return [...new Map(components.map((component) => [component['bom-ref'], component])).values()];
}

/** The name of each package in the form of all kinds of packages, by its folder. */
function npmPurls({ packages }: BundledPackages): ReadonlyMap<string, string> {
  return new Map(packages.map(({ folder, name, version }) => [folder, `pkg:npm/${encode(name)}@${encode(version)}`]));
}

function npmComponents({ npm, lock }: ImageContent, refs: ReadonlyMap<string, string>): readonly Component[] {
  return npm.packages.map(({ name, version, licences, folder }) => {
    const purl = refs.get(folder) ?? '';
    const { integrity } = lock[folder.slice(folder.indexOf('node_modules/'))] ?? {};
    if (integrity?.startsWith('sha512-') !== true) throw new Error(`package-lock.json has no SHA-512 sum of ${folder}`);
    const content = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
    const hashes = [{ alg: 'SHA-512', content }];
    return { type: 'library', 'bom-ref': purl, name, version, purl, licenses: licensed(licences), hashes };
  });
}

/** A package that lies in two folders needs what either of them needs. */
function npmDependencies({ packages }: BundledPackages, refs: ReadonlyMap<string, string>): readonly Dependency[] {
  const byRef = Object.groupBy(packages, ({ folder }) => refs.get(folder) ?? '');
  return Object.entries(byRef).map(([ref, same = []]) => ({
    ref,
    dependsOn: same.flatMap(({ imports }) => imports.map((folder) => refs.get(folder) ?? '')),
  }));
}

function licensed(licences: readonly string[]): readonly object[] {
  const [first = ''] = licences;
  if (licences.length === 1 && / (?:AND|OR|WITH) /.test(first)) return [{ expression: first }];
  return licences.map((one) => ({ license: one.includes(' ') ? { name: one } : { id: one } }));
}

function nodeComponent(versions: ImageContent['node']): Component {
  const { node: version = '' } = versions;
  const purl = `pkg:generic/node@${version}`;
  const within = Object.entries(versions).filter(([name]) => !NOT_LIBRARIES.has(name));
  return {
    ...{ type: 'platform', 'bom-ref': purl, name: 'node', version, purl },
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    // Of Node itself; those of what is within it are in its LICENSE.
    licenses: [{ license: { id: 'MIT' } }],
    components: within.flatMap(([name, own = '']) => {
      if (own === '') return [];
      const ref = `pkg:generic/${encode(name)}@${encode(own)}`;
      return [{ type: 'library', 'bom-ref': ref, name, version: own, purl: ref } as const];
    }),
  };
}

function debianComponents(one: DebianPackage): readonly Component[] {
  const { name, version, builtUsing } = one;
  const purl = debianPurl(one);
  const linked = builtUsing.map((source) => {
    const ref = sourcePurl(one)(source);
    const about = { name: source.source, version: source.version, purl: ref, licenses: debianLicence(source.source) };
    return { type: 'library', 'bom-ref': ref, ...about } as const;
  });
  const type = builtUsing.length > 0 ? 'application' : 'library';
  return [{ type, 'bom-ref': purl, name, version, purl, licenses: debianLicence(name) }, ...linked];
}

function debianLicence(name: string): readonly object[] {
  return licensed([DEBIAN_LICENCES[name] ?? `see /usr/share/doc/${name}/copyright`]);
}

/** With the source package, under which Debian's security notes name it. */
function debianPurl({ name, version, architecture, distribution, source }: DebianPackage): string {
  const upstream = source === name ? '' : `&upstream=${encode(source)}`;
  return `pkg:deb/debian/${encode(name)}@${encode(version)}?arch=${architecture}&distro=${distribution}${upstream}`;
}

function sourcePurl({ distribution }: DebianPackage): (linked: DebianPackage['builtUsing'][number]) => string {
  return ({ source, version }) =>
    `pkg:deb/debian/${encode(source)}@${encode(version)}?arch=source&distro=${distribution}`;
}

/** As package URLs are written: a slash parts a scope from a name, a colon stays. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%3A', ':');
}
