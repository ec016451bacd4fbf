import type { JSX } from 'preact';
import { useApp } from '../context.ts';
import { withRow, type Draft, type Section } from '../model/binding.ts';
import { hrefOf } from '../model/route.ts';
import { Icon } from '../parts/icon.tsx';
import type { DraftProps } from './use-view.tsx';

/** What was picked in the lists: each can become a variable, a property or a file, a folder variables. */
export function PickedKeys({ store, draft, onDraft }: DraftProps): JSX.Element {
  const { workOf, setWork } = useApp();
  const { picked } = workOf(store);
  const drop = (path: string): void => {
    setWork(store, (work) => ({ ...work, picked: work.picked.filter((each) => each !== path) }));
  };
  return (
    <div class="card">
      <h2>Picked keys</h2>
      {picked.length === 0 && (
        <p class="muted">
          None. Pick some in the <a href={hrefOf({ view: 'keys', store, group: '' })}>list of keys</a>, or write their
          names below.
        </p>
      )}
      <ul class="picked-keys">
        {picked.map((path) => (
          <li key={path}>
            <Icon name={isFolder(path) ? 'folder' : 'key'} />
            <span class="mono grow">{path}</span>
            <Add {...{ draft, onDraft, path }} section="env" label="Variable" />
            {!isFolder(path) && <Add {...{ draft, onDraft, path }} section="conf" label="Property" />}
            {!isFolder(path) && <Add {...{ draft, onDraft, path }} section="files" label="File" />}
            <button
              type="button"
              class="quiet square small"
              aria-label={`Do not use ${path}`}
              onClick={() => {
                drop(path);
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface AddProps {
  readonly draft: Draft;
  readonly onDraft: DraftProps['onDraft'];
  readonly path: string;
  readonly section: Section;
  readonly label: string;
}

function Add({ draft, onDraft, path, section, label }: AddProps): JSX.Element {
  const key = isFolder(path) ? path.slice(0, -1) : path;
  const isThere = draft[section].some(({ text }) => text === key);
  const text = isFolder(path) ? `${label}s` : label;
  return (
    <button
      type="button"
      class="small"
      aria-label={`${path} as ${text.toLowerCase()}`}
      onClick={() => {
        onDraft((old) => (isFolder(path) ? withFolder(old, key) : withRow(old, section, key)));
      }}
    >
      <Icon name={isThere ? 'check' : 'plus'} />
      {text}
    </button>
  );
}

/** Every key of a folder as variables. */
function withFolder(draft: Draft, folder: string): Draft {
  const more = withRow(draft, 'env');
  const env = more.env.map((row) =>
    row.id === draft.nextId ? { ...row, from: 'folder' as const, text: folder } : row,
  );
  return { ...more, env };
}

function isFolder(path: string): boolean {
  return path.endsWith('/');
}
