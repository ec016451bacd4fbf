import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../context.ts';
import { folderOf, folders, nameOf } from '../model/path.ts';
import { hrefOf } from '../model/route.ts';
import { Heading } from '../parts/heading.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { useLoad } from '../parts/use-load.ts';
import { AuditList } from './audit-list.tsx';
import { ChangeDialog } from './change-dialog.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import type { StoreViewProps } from './store-frame.tsx';
import { UsageCard } from './usage-card.tsx';
import { ValueCard } from './value-card.tsx';
import { VersionsCard } from './versions-card.tsx';

export interface KeyViewProps extends StoreViewProps {
  /** The key. */
  readonly name: string;
}

/** One key: its value, earlier versions, who uses it, and what was done to it. */
export function KeyView(props: KeyViewProps): JSX.Element {
  const { store, api, name } = props;
  const [turn, setTurn] = useState(0);
  const [audited, setAudited] = useState(0);
  const { value: known, error, reload } = useLoad((signal) => api.version(name, signal), [api, name, turn]);
  const onChange = (): void => {
    setTurn((old) => old + 1);
  };
  const onAudited = (): void => {
    setAudited((old) => old + 1);
  };
  return (
    <section>
      <KeyTitle {...props} />
      {error !== undefined && <ProblemBox error={error} onRetry={reload} />}
      {known !== undefined && (
        <>
          <Actions {...props} version={known.version} onChange={onChange} />
          <div class="columns">
            <ValueCard {...props} version={known.version} {...{ onChange, onAudited }} />
            <VersionsCard {...props} version={known.version} turn={turn} onChange={onChange} />
          </div>
          <UsageCard {...{ store, api, name, turn }} />
          <div class="card">
            <h2>Activity</h2>
            <AuditList load={(after, signal) => api.audit(name, after, signal)} turn={turn + audited} />
          </div>
        </>
      )}
    </section>
  );
}

function KeyTitle({ store, name }: KeyViewProps): JSX.Element {
  return (
    <div class="title path">
      <nav aria-label="Folders">
        <a href={hrefOf({ view: 'keys', store, group: '' })}>All keys</a>
        {folders(folderOf(name)).map((folder) => (
          <a key={folder} href={hrefOf({ view: 'keys', store, group: folder })}>
            {nameOf(folder)}
          </a>
        ))}
      </nav>
      <Heading title={name}>
        <span class="mono">{nameOf(name)}</span>
      </Heading>
    </div>
  );
}

interface ActionsProps extends KeyViewProps {
  readonly version: string;
  readonly onChange: () => void;
}

function Actions({ store, api, about, name, version, onChange }: ActionsProps): JSX.Element {
  const { setWork } = useApp();
  const [open, setOpen] = useState<'change' | 'delete'>();
  const close = (): void => {
    setOpen(undefined);
  };
  const pick = (): void => {
    setWork(store, (work) => (work.picked.includes(name) ? work : { ...work, picked: [...work.picked, name] }));
  };
  return (
    <div class="actions main-actions">
      <a class="button primary" href={hrefOf({ view: 'use', store })} onClick={pick}>
        <Icon name="job" />
        Use in a job
      </a>
      {about.may.includes('update') && (
        <button
          type="button"
          onClick={() => {
            setOpen('change');
          }}
        >
          <Icon name="pencil" />
          Change value
        </button>
      )}
      {about.may.includes('delete') && (
        <button
          type="button"
          class="danger quiet"
          onClick={() => {
            setOpen('delete');
          }}
        >
          <Icon name="trash" />
          Delete
        </button>
      )}
      {open === 'change' && <ChangeDialog {...{ api, name, version, onChange }} onClose={close} />}
      {open === 'delete' && <DeleteDialog {...{ store, api, name, version, onChange }} onClose={close} />}
    </div>
  );
}
