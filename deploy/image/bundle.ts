import { build, type Metafile } from 'esbuild';
import { writeFile } from 'node:fs/promises';

import { bundledPackages, licenceTexts } from './packages.ts';
import { withoutUnusedCode } from './unused-code.ts';

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
 * 50 MiB less memory. The licences of the packages go beside it, into `outfile` + `.LICENSES.txt`, and what their code says
 * of the code that they took over from others, into `outfile` + `.LEGAL.txt`. Answers what it is made of.
 */
export async function bundle(entry: string, outfile: string): Promise<Metafile> {
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
    plugins: [withoutUnusedCode],
    logLevel: 'warning',
    banner: { js: commonJs },
  });
  const { packages } = await bundledPackages(metafile);
  await writeFile(`${outfile}.LICENSES.txt`, await licenceTexts(packages));
  return metafile;
}
