import { build } from 'esbuild';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Packages in CommonJS call these three, which an ES module does not have.
const commonJs = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
].join(' ');

/** Drivers of the databases that knex knows and we don't use: it asks for each only when one is opened. */
const unused = ['better-sqlite3', 'mariadb', 'mysql', 'mysql2', 'oracledb', 'pg-native', 'sqlite3', 'tedious'];

/**
 * Writes `entry` and everything that it imports as one ES module that needs no node_modules: it starts faster and takes
 * 30 MiB less memory. The licences of the packages go beside it, into `outfile` + `.LICENSES.txt`, and what their code says
 * of the code that they took over from others, into `outfile` + `.LEGAL.txt`.
 */
export async function bundle(entry: string, outfile: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    // Errors and log lines tell the names of classes.
    keepNames: true,
    legalComments: 'linked',
    metafile: true,
    external: unused,
    logLevel: 'warning',
    banner: { js: commonJs },
  });
  await writeFile(`${outfile}.LICENSES.txt`, await licences(Object.keys(metafile.inputs)));
}

/** The licences of the packages that these source files are of. The paths are relative to the present folder. */
async function licences(paths: readonly string[]): Promise<string> {
  const folders = paths.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  const texts = await Promise.all([...new Set(folders)].toSorted().map(licence));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** Name, version, and the texts that the package has of its licence; a few have none but its name. */
async function licence(folder: string): Promise<string> {
  const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const files = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && /^(?:licen[cs]e|copying|notice)/i.test(entry.name))
    .map(({ name }) => name)
    .toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const title = `${String(about['name'])} ${String(about['version'])}: ${JSON.stringify(about['license'])}\n`;
  return [title, ...texts].join('\n');
}

if (import.meta.main) {
  const [entry, outfile] = process.argv.slice(2);
  if (entry === undefined || outfile === undefined) throw new Error('usage: node bundle.ts ENTRY OUTFILE');
  await bundle(entry, outfile);
}
