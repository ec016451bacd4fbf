import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Caller } from './api/answers.ts';
import { ApiClient } from './api/client.ts';
import { AppContext, type AppState, type StoreWork } from './context.ts';
import { newDraft } from './model/binding.ts';
import { KeptListings } from './model/kept.ts';
import { Toasts, useToasts } from './parts/toasts.tsx';
import { Frame } from './views/frame.tsx';
import { SignIn, SignInAgain, type SignedIn } from './views/sign-in.tsx';

interface Session {
  readonly client: ApiClient;
  readonly caller: Caller;
  readonly consumer: string | undefined;
}

/** Somebody waits for another token. */
interface Renewal {
  readonly resolve: (token: string) => void;
  readonly reject: (reason: unknown) => void;
}

/** The page: who is signed in, and what they work at. All of it is in memory: a reload begins anew. */
export function App(): JSX.Element {
  const [session, setSession] = useState<Session>();
  const [renewal, setRenewal] = useState<Renewal>();
  const { toasts, say, clear } = useToasts();

  const sessionOf = ({ token, caller, consumer }: SignedIn): Session => {
    const renew = (): Promise<string> =>
      new Promise((resolve, reject) => {
        setRenewal({ resolve, reject });
      });
    return { client: new ApiClient({ token, renew }), caller, consumer };
  };
  const giveUp = (): void => {
    renewal?.reject(new DOMException('signed out', 'AbortError'));
    clear();
  };
  /** Somebody else begins anew. Whoever signed out meanwhile stays out. */
  const signInAgain = (who: SignedIn): void => {
    const isSame = who.caller.name === session?.caller.name;
    setSession((old) => old && (isSame ? { ...old, caller: who.caller } : sessionOf(who)));
    setRenewal(undefined);
    if (isSame) renewal?.resolve(who.token);
    else giveUp();
  };
  const signOut = (): void => {
    giveUp();
    setRenewal(undefined);
    setSession(undefined);
    location.hash = '#/';
  };

  if (session === undefined)
    return (
      <SignIn
        onDone={(who) => {
          setSession(sessionOf(who));
        }}
      />
    );
  const changeConsumer = (consumer: string | undefined): void => {
    setSession({ ...session, consumer });
  };
  return (
    <Work key={session.client} {...{ ...session, changeConsumer, signOut, say }}>
      <Frame key={session.consumer ?? ''} />
      {renewal !== undefined && <SignInAgain caller={session.caller} onDone={signInAgain} onSignOut={signOut} />}
      <Toasts toasts={toasts} />
    </Work>
  );
}

type WorkProps = Omit<AppState, 'workOf' | 'setWork' | 'kept'> & {
  readonly children: JSX.Element | (JSX.Element | false)[];
};

/** Keeps what is under way, for the views. A namespace's work is its own. */
function Work({ children, ...session }: WorkProps): JSX.Element {
  const [works, setWorks] = useState<Readonly<Record<string, StoreWork>>>({});
  const [kept] = useState(() => new KeptListings());
  const { consumer } = session;
  const app = useMemo<AppState>(() => {
    const pathOf = ({ namespace, name }: { namespace: string; name: string }): string =>
      `${consumer ?? ''} ${namespace}/${name}`;
    const fresh: StoreWork = { picked: [], draft: newDraft(consumer ?? '') };
    return {
      ...session,
      kept,
      workOf: (store) => works[pathOf(store)] ?? fresh,
      setWork: (store, change) => {
        const path = pathOf(store);
        setWorks((all) => ({ ...all, [path]: change(all[path] ?? fresh) }));
      },
      changeConsumer: (wanted) => {
        kept.forget();
        session.changeConsumer(wanted);
      },
    };
  }, [session.client, session.caller, consumer, works]);
  return <AppContext.Provider value={app}>{children}</AppContext.Provider>;
}
