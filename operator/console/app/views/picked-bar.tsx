import type { JSX } from 'preact';
import type { StoreName } from '../api/answers.ts';
import { useApp } from '../context.ts';
import { hrefOf } from '../model/route.ts';
import { Icon } from '../parts/icon.tsx';

/** What is picked for a job, at the lower edge for as long as there is something. */
export function PickedBar({ store }: { readonly store: StoreName }): JSX.Element | null {
  const { workOf, setWork } = useApp();
  const { picked } = workOf(store);
  if (picked.length === 0) return null;
  return (
    <aside class="picked" aria-label="Picked for a job">
      <span>
        <strong>{picked.length}</strong> picked
      </span>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          setWork(store, (work) => ({ ...work, picked: [] }));
        }}
      >
        Clear
      </button>
      <a class="button primary" href={hrefOf({ view: 'use', store })}>
        <Icon name="job" />
        Use in a job
      </a>
    </aside>
  );
}
