import { parseGroup, parseKey, type SecretGroup } from '../../api/secret-key.ts';
import type { SecretEntry } from '../store.ts';
import { listFolders } from './sql/list-folders.ts';
import { listKeys } from './sql/list-keys.ts';
import type { Statement } from './statement.ts';

const PAGE = 1_000;

/**
 * What lies directly in a group, in order of name: two streams of pages, keys and folders, brought together. What SQL
 * put into the table under a name that is no key is left out.
 */
export async function* listingPages(
  table: string,
  group: SecretGroup,
  ask: (statement: Statement) => Promise<readonly { readonly name: string }[]>,
): AsyncGenerator<SecretEntry> {
  const folder = group.replaceAll('/', ' ');
  const folders = names((after) => ask(listFolders(table, folder, after, PAGE)));
  let below = await folders.next();
  for await (const key of names((after) => ask(listKeys(table, folder, after, PAGE)))) {
    for (; below.done !== true && asGroup(below.value) < key; below = await folders.next())
      yield* groupEntry(below.value);
    const parsed = parseKey(key);
    if (parsed !== undefined) yield { key: parsed };
  }
  for (; below.done !== true; below = await folders.next()) yield* groupEntry(below.value);
}

async function* names(page: (after: string) => Promise<readonly { readonly name: string }[]>): AsyncGenerator<string> {
  let after = '';
  for (;;) {
    const rows = await page(after);
    for (const { name } of rows) yield name;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.name ?? '';
  }
}

function asGroup(folder: string): string {
  return folder.replaceAll(' ', '/');
}

function groupEntry(folder: string): SecretEntry[] {
  const group = parseGroup(asGroup(folder));
  return group === undefined ? [] : [{ group }];
}
