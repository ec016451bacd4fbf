import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rowWindow, type RowWindow } from '../model/row-window.ts';

/** Rows are drawn with this height, whatever is in them (style/keys.css). */
export const ROW_HEIGHT = 52;
/** What the bar at the top covers. */
const COVERED = 72;

export interface RowWindowState extends RowWindow {
  /** For the element that holds the rows. */
  readonly ref: { current: HTMLTableSectionElement | null };
  /** Scrolls until a row is in sight, and has it drawn. */
  readonly show: (row: number) => void;
}

/** Which rows of a long list to draw while the window scrolls over it. */
export function useRowWindow(count: number): RowWindowState {
  const ref = useRef<HTMLTableSectionElement>(null);
  const [rows, setRows] = useState<RowWindow>({ first: 0, end: Math.min(count, 40) });
  const look = useCallback(() => {
    if (ref.current === null) return;
    const { top } = ref.current.getBoundingClientRect();
    const next = rowWindow({ top, height: innerHeight, rowHeight: ROW_HEIGHT, count });
    setRows((old) => (old.first === next.first && old.end === next.end ? old : next));
  }, [count]);
  useLayoutEffect(look, [look]);
  useEffect(() => {
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [look]);
  const show = (row: number): void => {
    if (ref.current === null) return;
    const top = ref.current.getBoundingClientRect().top + row * ROW_HEIGHT;
    if (top < COVERED) scrollBy(0, top - COVERED);
    else if (top + ROW_HEIGHT > innerHeight - COVERED) scrollBy(0, top + ROW_HEIGHT - innerHeight + COVERED);
    look();
  };
  return { ...rows, ref, show };
}
