import { parseGroup, parseKey } from '../api/secret-key.ts';
import type { SecretEntry } from '../stores/store.ts';
import { HttpProblem } from './problem.ts';

/** One page of a listing. */
export interface Page {
  readonly items: readonly SecretEntry[];
  /** There is more. */
  readonly continue?: string;
}

/** The first `limit` of what comes. Looks at one more, and lets go of the rest. */
export async function pageOf(entries: AsyncIterable<SecretEntry>, limit: number): Promise<Page> {
  const items: SecretEntry[] = [];
  for await (const entry of entries) {
    const last = items.at(-1);
    if (items.length === limit && last !== undefined) return { items, continue: tokenOf(last) };
    items.push(entry);
  }
  return { items };
}

/** Opaque to callers: the last entry of a page. */
function tokenOf(entry: SecretEntry): string {
  return 'key' in entry ? `k:${entry.key}` : `g:${entry.group}`;
}

/** Throws HttpProblem 400. */
export function entryOf(token: string): SecretEntry {
  const key = token.startsWith('k:') ? parseKey(token.slice(2)) : undefined;
  if (key !== undefined) return { key };
  const group = token.startsWith('g:') ? parseGroup(token.slice(2)) : undefined;
  if (group !== undefined) return { group };
  throw new HttpProblem(400, 'continue is of no page: begin at the first.');
}
