import type { JSX, TargetedKeyboardEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Entry, StoreName } from '../api/answers.ts';
import { useApp } from '../context.ts';
import type { Listing } from '../model/listing.ts';
import { folderOf, nameOf } from '../model/path.ts';
import { hrefOf } from '../model/route.ts';
import { rowAfter } from '../model/row-window.ts';
import { Icon } from '../parts/icon.tsx';
import { ROW_HEIGHT, useRowWindow } from '../parts/use-row-window.ts';

export interface KeyTableProps {
  readonly store: StoreName;
  readonly listing: Listing<Entry>;
  /** Whether the rows are of a search: then each tells its folder. */
  readonly search: string;
  /** Whether another list is on its way. */
  readonly isStale: boolean;
  /** The number of the last row that is drawn. */
  readonly onSeen: (last: number) => void;
}

/** A key, or a folder with a slash behind: as one picks them, and in a listing unlike any other. */
export function pathOfEntry(entry: Entry): string {
  return 'key' in entry ? entry.key : `${entry.group}/`;
}

/**
 * A long list of which only what is in sight is drawn. For the keyboard it is one stop: arrows go from row to row, and the
 * screen reader is told which row of how many it is at.
 */
export function KeyTable({ store, listing, search, isStale, onSeen }: KeyTableProps): JSX.Element {
  const { items, next } = listing;
  const { first, end, ref, show } = useRowWindow(items.length);
  const { stop, onKeyDown, onFocus } = useRoving({ count: items.length, first, end, ref, show });
  useEffect(() => {
    onSeen(end);
  }, [end, listing]);
  return (
    <table
      class={isStale ? 'keys stale' : 'keys'}
      role="grid"
      aria-label="Keys"
      aria-rowcount={next === undefined ? items.length + 1 : -1}
    >
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">
            <span class="visually-hidden">For a job</span>
          </th>
          <th scope="col">Name</th>
        </tr>
      </thead>
      <tbody ref={ref} onKeyDown={onKeyDown} onFocusIn={onFocus}>
        <Gap rows={first} />
        {items.slice(first, end).map((entry, at) => (
          <Row
            key={pathOfEntry(entry)}
            {...{ store, entry, row: first + at }}
            isStop={stop === first + at}
            hasFolder={search !== ''}
          />
        ))}
        <Gap rows={items.length - end} />
      </tbody>
    </table>
  );
}

/** The place of rows that are not drawn. */
function Gap({ rows }: { readonly rows: number }): JSX.Element | null {
  if (rows <= 0) return null;
  return (
    <tr aria-hidden="true" class="gap" style={{ height: `${rows * ROW_HEIGHT}px` }}>
      <td colSpan={2} />
    </tr>
  );
}

interface RowProps {
  readonly store: StoreName;
  readonly entry: Entry;
  readonly row: number;
  readonly isStop: boolean;
  readonly hasFolder: boolean;
}

function Row({ store, entry, row, isStop, hasFolder }: RowProps): JSX.Element {
  const path = pathOfEntry(entry);
  const tabIndex = isStop ? 0 : -1;
  const isKey = 'key' in entry;
  const full = isKey ? entry.key : entry.group;
  const href = isKey ? hrefOf({ view: 'key', store, key: full }) : hrefOf({ view: 'keys', store, group: full });
  const folder = hasFolder ? folderOf(full) : '';
  return (
    <tr aria-rowindex={row + 2} data-row={row}>
      <td class="pick">
        <Pick store={store} path={path} tabIndex={tabIndex} />
      </td>
      <td>
        <a href={href} tabIndex={tabIndex} title={full}>
          <Icon name={isKey ? 'key' : 'folder'} />
          <span class="name">
            {folder !== '' && <span class="muted folder">{folder}/</span>}
            <span class="mono">{nameOf(full)}</span>
            {!isKey && <span class="visually-hidden">, folder</span>}
          </span>
          {!isKey && <Icon name="chevron" />}
        </a>
      </td>
    </tr>
  );
}

function Pick({
  store,
  path,
  tabIndex,
}: {
  readonly store: StoreName;
  readonly path: string;
  readonly tabIndex: number;
}): JSX.Element {
  const { workOf, setWork } = useApp();
  const isPicked = workOf(store).picked.includes(path);
  return (
    <label class="pick-box">
      <input
        type="checkbox"
        tabIndex={tabIndex}
        checked={isPicked}
        aria-label={`Pick ${path} for a job`}
        onChange={({ currentTarget: { checked } }) => {
          setWork(store, (work) => {
            const others = work.picked.filter((each) => each !== path);
            return { ...work, picked: checked ? [...others, path] : others };
          });
        }}
      />
    </label>
  );
}

interface RovingOptions {
  readonly count: number;
  readonly first: number;
  readonly end: number;
  readonly ref: { current: HTMLTableSectionElement | null };
  readonly show: (row: number) => void;
}

interface Roving {
  /** The row that Tab comes to. */
  readonly stop: number;
  readonly onKeyDown: (event: TargetedKeyboardEvent<HTMLElement>) => void;
  readonly onFocus: (event: FocusEvent) => void;
}

function useRoving({ count, first, end, ref, show }: RovingOptions): Roving {
  const [active, setActive] = useState(0);
  const wanted = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const control = ref.current?.querySelector<HTMLElement>(wanted.current);
    wanted.current = undefined;
    control?.focus({ preventScroll: true });
  });
  const isDrawn = active >= first && active < end;
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const { key, target } = event;
    if (!(target instanceof HTMLElement)) return;
    if (key === ' ' && target.matches('a')) target.closest('tr')?.querySelector('input')?.click();
    else {
      const next = rowAfter(key, active, { count, page: Math.max(1, Math.floor(innerHeight / ROW_HEIGHT) - 3) });
      if (next === undefined) return;
      wanted.current = `[data-row="${next}"] ${target.matches('a') ? 'a' : 'input'}`;
      setActive(next);
      show(next);
    }
    event.preventDefault();
  };
  const onFocus = ({ target }: FocusEvent): void => {
    const row = target instanceof HTMLElement ? target.closest<HTMLElement>('[data-row]')?.dataset['row'] : undefined;
    if (row !== undefined) setActive(Number(row));
  };
  // Scrolled away: the first row that is surely in sight.
  return { stop: isDrawn ? active : Math.min(first + 14, Math.max(0, end - 1)), onKeyDown, onFocus };
}
