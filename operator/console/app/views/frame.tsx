import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useApp } from '../context.ts';
import { hrefOf, routeOf, type Route } from '../model/route.ts';
import { Heading } from '../parts/heading.tsx';
import { Icon } from '../parts/icon.tsx';
import { ConsumerDialog } from './consumer-dialog.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { StoreFrame } from './store-frame.tsx';
import { StoresView } from './stores-view.tsx';

/** The signed-in page: a bar at the top, the view that the address names, and what the keyboard does. */
export function Frame(): JSX.Element {
  const route = useRoute();
  const [open, setOpen] = useState<'help' | 'consumer'>();
  const [hasShortcuts, setHasShortcuts] = useState(true);
  const close = (): void => {
    setOpen(undefined);
  };
  useShortcuts(hasShortcuts && open === undefined, () => {
    setOpen('help');
  });
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('h1')?.focus();
        }}
      >
        Skip to the content
      </a>
      <TopBar onOpen={setOpen} />
      <main id="main">
        <View route={route} />
      </main>
      {open === 'help' && <HelpDialog hasShortcuts={hasShortcuts} onShortcuts={setHasShortcuts} onClose={close} />}
      {open === 'consumer' && <ConsumerDialog onClose={close} />}
    </>
  );
}

function TopBar({ onOpen }: { readonly onOpen: (what: 'help' | 'consumer') => void }): JSX.Element {
  const { caller, consumer, signOut } = useApp();
  return (
    <header class="top">
      <a class="brand" href={hrefOf({ view: 'stores' })}>
        <span class="mark">
          <Icon name="key" />
        </span>
        <span>Spark secrets</span>
      </a>
      <button
        type="button"
        class="quiet consumer"
        aria-label={`Working as ${consumer ?? 'yourself'}: change`}
        onClick={() => {
          onOpen('consumer');
        }}
      >
        <span class="wide-only">as</span> <strong>{consumer ?? 'myself'}</strong>
      </button>
      <span class="caller wide-only" title={caller.name}>
        <Icon name="user" />
        <span>{caller.name}</span>
      </span>
      <button
        type="button"
        class="quiet square"
        aria-label="Help and keyboard shortcuts"
        onClick={() => {
          onOpen('help');
        }}
      >
        <Icon name="help" />
      </button>
      <button type="button" class="quiet" onClick={signOut} aria-label="Sign out">
        <Icon name="out" />
        <span class="wide-only">Sign out</span>
      </button>
    </header>
  );
}

function View({ route }: { readonly route: Route }): JSX.Element {
  switch (route.view) {
    case 'stores':
      return <StoresView />;
    case 'nothing':
      return (
        <section class="page">
          <Heading title="There is nothing here" />
          <p>
            No view has this address. <a href={hrefOf({ view: 'stores' })}>All stores</a>
          </p>
        </section>
      );
    default:
      return <StoreFrame key={`${route.store.namespace}/${route.store.name}`} route={route} />;
  }
}

/** What the address names. */
function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = (): void => {
      setHash(location.hash);
    };
    addEventListener('hashchange', read);
    return () => {
      removeEventListener('hashchange', read);
    };
  }, []);
  return routeOf(hash);
}

/** `/`: to the search; `n`: a new key; `?`: help. Not while somebody types, or a dialog is open. */
function useShortcuts(isOn: boolean, onHelp: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      if (!isOn || ctrlKey || metaKey || altKey || isTyping(target) || document.querySelector('dialog[open]')) return;
      if (key === '?') onHelp();
      else if (!activate(key)) return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => {
      removeEventListener('keydown', press);
    };
  }, [isOn]);
}

function activate(key: string): boolean {
  const name = { '/': 'search', n: 'new' }[key];
  const control = name === undefined ? null : document.querySelector<HTMLElement>(`[data-shortcut="${name}"]`);
  if (control instanceof HTMLInputElement) control.select();
  if (name === 'search') control?.focus();
  else control?.click();
  return control !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea, select');
}
