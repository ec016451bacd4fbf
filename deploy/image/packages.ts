import type { Metafile } from 'esbuild';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An npm package of which a bundle holds something. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** What its package.json says: one SPDX expression, or the several licences of a format that npm had before 2015. */
  readonly licences: readonly string[];
  /** Where it lies, relative to the present folder: a package can be there in several versions. */
  readonly folder: string;
  /** The folders of the packages that its files import. */
  readonly imports: readonly string[];
}

/** What bundles are made of. */
export interface BundledPackages {
  readonly packages: readonly BundledPackage[];
  /** The folders of the packages that this repository's own files import. */
  readonly imports: readonly string[];
}

/**
 * The packages whose files went into these bundles, in the order of their folders: from what was really imported, as
 * the lock file names many more.
 */
export async function bundledPackages(...metafiles: readonly Metafile[]): Promise<BundledPackages> {
  const imports = new Map<string, Set<string>>();
  const importsOf = (folder: string): Set<string> => {
    const known = imports.get(folder) ?? new Set();
    imports.set(folder, known);
    return known;
  };
  for (const [path, input] of metafiles.flatMap(({ inputs }) => Object.entries(inputs))) {
    const importing = importsOf(packageFolder(path));
    for (const { path: imported, external } of input.imports) {
      const folder = external === true ? '' : packageFolder(imported);
      if (folder !== '' && folder !== packageFolder(path)) importing.add(folder);
    }
  }
  const folders = [...imports.keys()].filter((folder) => folder !== '').toSorted();
  return {
    packages: await Promise.all(folders.map((folder) => readPackage(folder, [...importsOf(folder)].toSorted()))),
    imports: [...importsOf('')].toSorted(),
  };
}

/** The folder of the package that a source file is of; of our own files it is empty. */
function packageFolder(path: string): string {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? '';
}

async function readPackage(folder: string, imports: readonly string[]): Promise<BundledPackage> {
  const { name, version, license, licenses } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as Readonly<Record<string, unknown>>;
  const licences = [license ?? licenses].flat().map((one) => (isTyped(one) ? one.type : one));
  if (typeof name !== 'string' || typeof version !== 'string' || !licences.every((one) => typeof one === 'string')) {
    throw new Error(
      `${folder}/package.json has no name, no version or no licence: find out what it is before it is used`,
    );
  }
  return { name, version, licences, folder, imports };
}

/** The format of before 2015: `{"type": "MIT", "url": "…"}`. */
function isTyped(licence: unknown): licence is { readonly type: unknown } {
  return typeof licence === 'object' && licence !== null && 'type' in licence;
}

/** Names, versions and the texts of licences of packages, one after the other. */
export async function licenceTexts(packages: readonly BundledPackage[]): Promise<string> {
  const texts = await Promise.all(packages.map(licenceText));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** Every text that the package has of its licence; what its README says of it, if there is no other; else its name alone. */
async function licenceText({ name, version, licences, folder }: BundledPackage): Promise<string> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();
  const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');
  const texts = await Promise.all(
    names.filter((file) => /^(?:(?:un)?licen[cs]e|copying|notice)/i.test(file)).map(read),
  );
  const readme = names.find((file) => /^readme/i.test(file));
  if (texts.length === 0 && readme !== undefined) {
    texts.push(/^(?:#+ *)?licen[cs]e\b.*\n[^]*/im.exec(await read(readme))?.[0] ?? '');
  }
  return [`${name} ${version}: ${licences.map((one) => JSON.stringify(one)).join(', ')}\n`, ...texts].join('\n');
}
