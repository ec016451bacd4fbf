import type { StoreHealth } from '../store.ts';
import type { Counts } from './sql/count-keys.ts';

/** What a store says of itself; `kekId` left out: it does not seal. */
export function health(table: string, kekId: string | undefined, counts: Counts | undefined): StoreHealth {
  const { keys, older, clear } = counts ?? { keys: 0, older: 0, clear: 0 };
  const answers = `Table ${table} of the database answers`;
  if (kekId === undefined) return { ready: true, message: `${answers}; values are stored in clear.`, keys };
  const notes = [
    ...(older === 0 ? [] : [`; keys that are still under an older one: ${older}, re-wrap them`]),
    ...(clear === 0 ? [] : [`; keys in clear: ${clear}, write them again`]),
  ];
  return { ready: true, message: `${answers}; values are sealed with key ${kekId}${notes.join('')}.`, keys };
}
