import type { JSX } from 'preact';
import type { AuditEvent, Page } from '../api/answers.ts';
import { deedOf, isRefused, outcomeOf } from '../model/words.ts';
import { ProblemBox } from '../parts/problem-box.tsx';
import { Pill } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';
import { useListing } from '../parts/use-listing.ts';

export interface AuditListProps {
  readonly load: (after: string | undefined, signal: AbortSignal) => Promise<Page<AuditEvent>>;
  /** Where an event's key is; left out: all are of one key. */
  readonly hrefOfKey?: (event: AuditEvent) => string | undefined;
  /** Changes when there may be new events. */
  readonly turn?: number;
}

/** Events, newest first. */
export function AuditList({ load, hrefOfKey, turn = 0 }: AuditListProps): JSX.Element {
  const { listing, error, loading, more, restart } = useListing({ load, idOf, inputs: [turn] });
  return (
    <div aria-busy={loading !== undefined}>
      {error !== undefined && <ProblemBox error={error} onRetry={restart} />}
      {listing.isKnown && listing.items.length === 0 && <p class="muted">Nothing is remembered.</p>}
      <ol class="events">
        {listing.items.map((event) => (
          <Event key={idOf(event)} event={event} href={hrefOfKey?.(event)} />
        ))}
      </ol>
      {listing.next !== undefined && (
        <button type="button" disabled={loading !== undefined} onClick={more}>
          Show older ones
        </button>
      )}
    </div>
  );
}

function Event({ event, href }: { readonly event: AuditEvent; readonly href: string | undefined }): JSX.Element {
  const outcome = outcomeOf(event);
  return (
    <li>
      <p>
        <strong>{event.caller?.name ?? 'Somebody'}</strong> {deedOf(event)}{' '}
        {href === undefined ? '' : <a href={href}>{event.key}</a>}{' '}
        {outcome !== '' && <Pill tone={isRefused(event) ? 'bad' : 'plain'}>{outcome}</Pill>}
      </p>
      <p class="muted">
        <Time at={event.time} />
        {detailsOf(event).map((detail) => ` · ${detail}`)}
      </p>
    </li>
  );
}

function detailsOf({ version, consumer, binding, caller, address }: AuditEvent): readonly string[] {
  const words = [
    ['version', version],
    ['in the name of', consumer],
    ['by binding', binding],
    ['pod', caller?.pod],
    ['from', address],
  ];
  return words.flatMap(([word = '', what]) => (what === undefined ? [] : `${word} ${what}`));
}

function idOf({ time, caller, operation, key, address, result }: AuditEvent): string {
  return [time, caller?.name, operation, key, address, result].join(' ');
}
