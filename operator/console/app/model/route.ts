import type { StoreName } from '../api/answers.ts';

/** What the page shows. It is in the address behind the #, which no server is ever sent. */
export type Route =
  | { readonly view: 'stores' }
  | { readonly view: 'keys'; readonly store: StoreName; readonly group: string }
  | { readonly view: 'key'; readonly store: StoreName; readonly key: string }
  | { readonly view: 'use' | 'audit' | 'about'; readonly store: StoreName }
  | { readonly view: 'nothing' };

/** The address of a view. */
export function hrefOf(route: Route): string {
  if (route.view === 'stores' || route.view === 'nothing') return '#/';
  const { namespace, name } = route.store;
  const rest = route.view === 'keys' ? route.group : route.view === 'key' ? route.key : '';
  const parts = ['stores', namespace, name, route.view, ...rest.split('/').filter((part) => part !== '')];
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

/** The view of an address; whatever somebody wrote there. */
export function routeOf(hash: string): Route {
  const parts = partsOf(hash.replace(/^#\/?/, ''));
  if (parts?.length === 0) return { view: 'stores' };
  const [kind, namespace, name, view = 'keys', ...rest] = parts ?? [];
  if (kind !== 'stores' || namespace === undefined || name === undefined) return NOTHING;
  return routeIn({ namespace, name }, view, rest.join('/'));
}

const NOTHING: Route = { view: 'nothing' };

function routeIn(store: StoreName, view: string, path: string): Route {
  if (view === 'keys') return { view, store, group: path };
  if (view === 'key') return path === '' ? NOTHING : { view, store, key: path };
  const isKnown = view === 'use' || view === 'audit' || view === 'about';
  return isKnown && path === '' ? { view, store } : NOTHING;
}

function partsOf(path: string): readonly string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
