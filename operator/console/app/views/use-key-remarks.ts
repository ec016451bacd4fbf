import { useEffect, useState } from 'preact/hooks';
import type { StoreInFull } from '../api/answers.ts';
import { Problem } from '../api/problem.ts';
import type { StoreApi } from '../api/store-api.ts';
import { isGranted } from '../model/grants.ts';

export interface KeyRemarksOptions {
  readonly api: StoreApi;
  readonly about: StoreInFull;
  readonly keys: readonly string[];
  /** Where the jobs run. */
  readonly namespace: string;
}

type Presence = 'there' | 'missing' | 'unknown';

const PAUSE_MS = 400;
/** Of keys that nobody asked for yet, so many at a time. */
const AT_ONCE = 4;

/** What would keep a binding from being ready: a key that is not there, or not granted to its namespace. */
export function useKeyRemarks({ api, about, keys, namespace }: KeyRemarksOptions): (key: string) => string | undefined {
  const presence = usePresence(api, keys);
  const isOwn = namespace === about.namespace;
  return (key) => {
    if (presence.get(key) === 'missing') return `The store has no key ${key}.`;
    if (namespace === '' || isOwn || isGranted(about.grants, namespace, key) !== 'no') return undefined;
    return `The store does not grant ${key} to ${namespace}: ask its owner.`;
  };
}

/** Asks for each key once, when one has stopped typing. */
function usePresence(api: StoreApi, keys: readonly string[]): ReadonlyMap<string, Presence> {
  const [known, setKnown] = useState<ReadonlyMap<string, Presence>>(new Map());
  const next = keys.filter((key) => !known.has(key)).slice(0, AT_ONCE);
  useEffect(() => {
    if (next.length === 0) return undefined;
    const gone = new AbortController();
    const timer = setTimeout(() => {
      const all = next.map(async (key) => [key, await presenceOf(api, key, gone.signal)] as const);
      void Promise.all(all).then((found) => {
        if (!gone.signal.aborted) setKnown((old) => new Map([...old, ...found]));
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [api, next.join(' ')]);
  return known;
}

function presenceOf(api: StoreApi, key: string, signal: AbortSignal): Promise<Presence> {
  return api.version(key, signal).then(
    () => 'there',
    (error: unknown) => (Problem.is(error, 'KeyNotFound') ? 'missing' : 'unknown'),
  );
}
