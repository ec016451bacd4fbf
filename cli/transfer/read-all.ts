import type { StoreClient } from '../api/store-client.ts';
import type { Exported } from '../formats/write.ts';
import { someAtOnce } from './some-at-once.ts';

/**
 * The values of keys, in their order; those that are gone meanwhile are left out. Throws CommandProblem of the first one
 * that can't be read.
 */
export async function readAll(store: StoreClient, keys: readonly string[], onRead: () => void): Promise<Exported[]> {
  const found: (Exported | undefined)[] = keys.map(() => undefined);
  await someAtOnce(keys, async (key, at) => {
    const revealed = await store.read(key);
    if (revealed !== undefined) found[at] = { key, value: revealed.value };
    onRead();
    return true;
  });
  return found.filter((each) => each !== undefined);
}
