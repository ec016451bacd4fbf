/** Where a list lies in the window, in CSS pixels. */
export interface Sight {
  /** From the window's upper edge to the list's first row; negative when that was scrolled away. */
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
}

/** The rows from `first` up to, but not, `end`. */
export interface RowWindow {
  readonly first: number;
  readonly end: number;
}

/** So many rows beyond what is seen, so that a quick turn of the wheel finds them drawn. */
const BEYOND = 12;

/** Which rows of a long list are worth drawing. */
export function rowWindow({ top, height, rowHeight, count }: Sight): RowWindow {
  const first = Math.floor(-top / rowHeight) - BEYOND;
  const end = Math.ceil((height - top) / rowHeight) + BEYOND;
  const inRange = (row: number): number => Math.min(Math.max(row, 0), count);
  return { first: inRange(first), end: inRange(end) };
}

/** Which row a key of the keyboard leads to, or undefined: it leads nowhere. */
export function rowAfter(
  key: string,
  row: number,
  { count, page }: { readonly count: number; readonly page: number },
): number | undefined {
  const wanted: Readonly<Record<string, number>> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: count - 1,
  };
  const found = wanted[key];
  return found === undefined || count === 0 ? undefined : Math.min(Math.max(found, 0), count - 1);
}
