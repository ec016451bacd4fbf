import type { JSX } from 'preact';
import { ago } from '../model/words.ts';

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A moment as how long ago it was; the whole of it is in its title. */
export function Time({ at }: { readonly at: string }): JSX.Element {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{at}</span>;
  return (
    <time dateTime={at} title={FORMAT.format(date)}>
      {ago(date.getTime(), Date.now())}
    </time>
  );
}
