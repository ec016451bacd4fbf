import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useApp } from '../context.ts';
import type { KeptListing } from '../model/kept.ts';
import { countOf, isNearEnd, type Listing } from '../model/listing.ts';
import { folders, nameOf } from '../model/path.ts';
import { hrefOf } from '../model/route.ts';
import type { Entry, StoreName } from '../api/answers.ts';
import { Heading } from '../parts/heading.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { useListing } from '../parts/use-listing.ts';
import { KeyTable, pathOfEntry } from './key-table.tsx';
import { PickedBar } from './picked-bar.tsx';
import { SearchField } from './search-field.tsx';
import type { StoreViewProps } from './store-frame.tsx';
import { WriteDialog } from './write-dialog.tsx';

/** The keys and folders in a folder, or all keys below it that a search finds. */
export function KeysView({ store, api, about, group }: StoreViewProps & { readonly group: string }): JSX.Element {
  const kept = useKept(hrefOf({ view: 'keys', store, group }));
  const [search, setSearch] = useState(kept.before?.search ?? '');
  const [isAdding, setIsAdding] = useState(false);
  const { listing, error, loading, more, restart } = useListing({
    load: (after, signal) => api.list({ group, search }, after, signal),
    idOf: pathOfEntry,
    inputs: [api, group, search],
    kept: kept.before?.listing,
  });
  kept.remember(listing, search);
  const onSeen = (last: number): void => {
    if (isNearEnd(listing, last)) more();
  };
  const onAdd = (): void => {
    setIsAdding(true);
  };
  const onClose = (): void => {
    setIsAdding(false);
  };
  return (
    <section>
      <FolderTitle store={store} group={group} />
      <Toolbar {...{ group, search }} onSearch={setSearch} {...(about.may.includes('create') && { onAdd })} />
      {error !== undefined && <ProblemBox error={error} onRetry={restart} />}
      <div class="count">
        <p role="status">{statusText(listing, search, loading)}</p>
        <button type="button" class="quiet small square" aria-label="Refresh" onClick={restart}>
          <Icon name="refresh" />
        </button>
      </div>
      {listing.isKnown && listing.items.length === 0 && <NoKeys search={search} />}
      {listing.items.length > 0 && <KeyTable {...{ store, listing, search, onSeen }} isStale={loading === 'first'} />}
      <PickedBar store={store} />
      {isAdding && <WriteDialog {...{ store, api, about, group, onClose }} />}
    </section>
  );
}

interface ToolbarProps {
  readonly group: string;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  /** Left out: one may not. */
  readonly onAdd?: () => void;
}

function Toolbar({ group, search, onSearch, onAdd }: ToolbarProps): JSX.Element {
  return (
    <div class="toolbar">
      <SearchField label={group === '' ? 'Search all keys' : `Search in ${group}`} value={search} onSearch={onSearch} />
      {onAdd !== undefined && (
        <button type="button" class="primary" data-shortcut="new" aria-keyshortcuts="n" onClick={onAdd}>
          <Icon name="plus" />
          Add key
        </button>
      )}
    </div>
  );
}

function statusText(listing: Listing<Entry>, search: string, loading: unknown): string {
  if (listing.isKnown) return countText(listing, search);
  return loading === undefined ? '' : 'Loading…';
}

function countText(listing: Listing<Entry>, search: string): string {
  if (search !== '') return `${countOf(listing, 'key')} found`;
  const groups = listing.items.filter((entry) => 'group' in entry).length;
  if (groups === 0) return countOf(listing, 'key');
  if (groups === listing.items.length) return countOf(listing, 'folder');
  return `${groups.toLocaleString('en')} folder${groups === 1 ? '' : 's'}, ${countOf({ ...listing, items: listing.items.slice(groups) }, 'key')}`;
}

function FolderTitle({ store, group }: { readonly store: StoreName; readonly group: string }): JSX.Element {
  const outer = folders(group).slice(0, -1);
  return (
    <div class="title path">
      {group !== '' && (
        <nav aria-label="Folders">
          <a href={hrefOf({ view: 'keys', store, group: '' })}>All keys</a>
          {outer.map((folder) => (
            <a key={folder} href={hrefOf({ view: 'keys', store, group: folder })}>
              {nameOf(folder)}
            </a>
          ))}
        </nav>
      )}
      <Heading title={group === '' ? 'All keys' : nameOf(group)} />
    </div>
  );
}

function NoKeys({ search }: { readonly search: string }): JSX.Element {
  return (
    <div class="empty">
      <Icon name={search === '' ? 'key' : 'search'} />
      <h2>{search === '' ? 'No keys here' : 'No key found'}</h2>
      <p>
        {search === ''
          ? 'Add the first one. Folders are made by their keys: orders/DB_PASSWORD lies in folder orders.'
          : `No key here or in the folders below has “${search}” in its name.`}
      </p>
    </div>
  );
}

interface Kept {
  /** As it was left. */
  readonly before: KeptListing | undefined;
  readonly remember: (listing: Listing<Entry>, search: string) => void;
}

/** Finds a list as it was left, and keeps it when it is left again. */
function useKept(address: string): Kept {
  const { kept } = useApp();
  const [before] = useState(() => kept.get(address));
  const last = useRef<Omit<KeptListing, 'scrollY'> | undefined>(undefined);
  useLayoutEffect(() => {
    if (before !== undefined) scrollTo(0, before.scrollY);
    const { age } = kept;
    // Remembered as it goes: when this view ends, the next one has scrolled already.
    let at = scrollY;
    const look = (): void => {
      at = scrollY;
    };
    addEventListener('scroll', look, { passive: true });
    return () => {
      removeEventListener('scroll', look);
      if (last.current !== undefined) kept.keep(address, { ...last.current, scrollY: at }, age);
    };
  }, []);
  return {
    before,
    remember: (listing, search) => {
      last.current = { listing, search };
    },
  };
}
