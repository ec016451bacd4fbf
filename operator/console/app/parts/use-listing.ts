import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Page } from '../api/answers.ts';
import { isAbort } from '../api/problem.ts';
import { NOTHING_YET, withPage, type Listing } from '../model/listing.ts';

export interface ListingOptions<T> {
  readonly load: (after: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  readonly idOf: (item: T) => string;
  /** It begins anew when one of them changes. */
  readonly inputs: readonly unknown[];
  /** To begin with, instead of the first page. */
  readonly kept?: Listing<T> | undefined;
}

export interface ListingState<T> {
  readonly listing: Listing<T>;
  readonly error: unknown;
  /** Whether the first page of something, or one more, is under way. */
  readonly loading: 'first' | 'more' | undefined;
  /** Asks for the next page, if there is one and none is under way. */
  readonly more: () => void;
  readonly restart: () => void;
}

/** A list that comes page by page. What is shown stays until the first page of something else has come. */
export function useListing<T>({ load, idOf, inputs, kept }: ListingOptions<T>): ListingState<T> {
  const [listing, setListing] = useState<Listing<T>>(kept ?? NOTHING_YET);
  const [error, setError] = useState<unknown>();
  const [loading, setLoading] = useState<'first' | 'more' | undefined>(kept === undefined ? 'first' : undefined);
  const [turn, setTurn] = useState(0);
  const underWay = useRef<AbortController | undefined>(undefined);
  const isKept = useRef(kept !== undefined);

  const ask = (before: Listing<T>): void => {
    underWay.current?.abort();
    const { signal } = (underWay.current = new AbortController());
    setLoading(before.isKnown ? 'more' : 'first');
    load(before.next, signal)
      .then((page) => {
        if (signal.aborted) return;
        setListing(withPage(before, page, idOf));
        setError(undefined);
      })
      .catch((reason: unknown) => {
        if (!signal.aborted && !isAbort(reason)) setError(reason);
      })
      .finally(() => {
        if (signal.aborted) return;
        underWay.current = undefined;
        setLoading(undefined);
      });
  };

  useEffect(() => {
    if (!isKept.current) ask(NOTHING_YET);
    isKept.current = false;
    return () => {
      underWay.current?.abort();
      underWay.current = undefined;
    };
  }, [...inputs, turn]);

  const more = (): void => {
    if (underWay.current === undefined && listing.next !== undefined && error === undefined) ask(listing);
  };
  const restart = useCallback(() => {
    setError(undefined);
    setTurn((old) => old + 1);
  }, []);
  return { listing, error, loading, more, restart };
}
