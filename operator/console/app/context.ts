import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Caller, StoreName } from './api/answers.ts';
import type { ApiClient } from './api/client.ts';
import type { Draft } from './model/binding.ts';
import type { KeptListings } from './model/kept.ts';

/** What somebody has under way with a store: lost with the page, but not between its views. */
export interface StoreWork {
  /** Keys, and folders with a slash behind, chosen for a job. */
  readonly picked: readonly string[];
  readonly draft: Draft;
}

/** What every view may use. */
export interface AppState {
  readonly client: ApiClient;
  readonly caller: Caller;
  /** The namespace in whose name one works. */
  readonly consumer: string | undefined;
  readonly changeConsumer: (consumer: string | undefined) => void;
  readonly signOut: () => void;
  /** Tells something that went well: shown for a moment, and read aloud. */
  readonly say: (text: string) => void;
  readonly workOf: (store: StoreName) => StoreWork;
  readonly setWork: (store: StoreName, change: (work: StoreWork) => StoreWork) => void;
  /** Lists that were left. */
  readonly kept: KeptListings;
}

export const AppContext = createContext<AppState | undefined>(undefined);

export function useApp(): AppState {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('a view outside of the app');
  return app;
}
