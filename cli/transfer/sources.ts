import { readFile } from 'node:fs/promises';
import { buffer as readAll } from 'node:stream/consumers';
import { SECRET } from '../../operator/api/kinds.ts';
import type { Fields } from '../../operator/injection/explain/shape.ts';
import { pathOf, type KubeObject } from '../../operator/runtime/kube-object.ts';
import type { KubeApi, List } from '../cluster/kube-api.ts';
import { parseDotenv } from '../formats/dotenv.ts';
import type { Entry } from '../formats/entry.ts';
import type { Format } from '../formats/format.ts';
import { isIometeStore, secretEntries } from '../formats/secret-manifest.ts';
import type { Io } from '../io.ts';
import { CommandProblem, UsageProblem } from '../problem.ts';

/** The values of a file; `-` is standard input. Throws CommandProblem that names the file and repeats nothing of it. */
export async function entriesOfFile(
  file: string,
  format: Format,
  { domainGroups, io }: { readonly domainGroups: boolean; readonly io: Pick<Io, 'stdin'> },
): Promise<Entry[]> {
  const content = await read(file, io);
  try {
    if (format === 'dotenv') return parseDotenv(content);
    const { parseDocuments } = await import('../formats/documents.ts');
    return parseDocuments(content, domainGroups);
  } catch (error) {
    if (error instanceof CommandProblem) throw new CommandProblem(`${file}: ${error.message}`);
    throw error;
  }
}

/** The values of a Secret of the cluster, `NAMESPACE/NAME` or a name in the context's namespace. Throws CommandProblem. */
export async function entriesOfSecret(kube: KubeApi, secret: string, domainGroups: boolean): Promise<Entry[]> {
  const parts = secret.split('/');
  const [namespace, name] = parts.length === 1 ? [kube.namespace, parts[0]] : parts;
  if (!namespace || !name || parts.length > 2) throw new UsageProblem('--from-secret is [NAMESPACE/]NAME');
  const found = await kube.get<Fields>(`Secret ${namespace}/${name}`, pathOf(SECRET, namespace, name));
  return secretEntries(found.object, domainGroups);
}

/**
 * The values of all stores that IOMETE has in a namespace: `iomete-secret-store`, and `iomete-secret-store-DOMAIN` for each
 * domain. Only those Secrets are read, the others' names alone. Throws CommandProblem when there is none.
 */
export async function entriesOfIomete(kube: KubeApi, namespace: string, domainGroups: boolean): Promise<Entry[]> {
  const { METADATA_LIST } = await import('../cluster/kube-api.ts');
  const what = `names of Secrets of namespace ${namespace}`;
  const list = await kube.get<List<KubeObject>>(what, pathOf(SECRET, namespace), METADATA_LIST);
  const names = list.object.items.map(({ metadata }) => metadata.name).filter(isIometeStore);
  if (names.length === 0)
    throw new CommandProblem(`namespace ${namespace} has no Secret iomete-secret-store, nor one of a domain`);
  const found = await Promise.all(names.map((name) => entriesOfSecret(kube, `${namespace}/${name}`, domainGroups)));
  return found.flat();
}

async function read(file: string, { stdin }: Pick<Io, 'stdin'>): Promise<string> {
  const bytes = await (file === '-' ? readAll(stdin) : readFile(file)).catch((error: unknown) => {
    throw new CommandProblem(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandProblem(
      `${file} is not in UTF-8: convert it (iconv -t UTF-8), or give what is no text as valueBase64 in JSON or YAML`,
    );
  }
}
