import type { JSX } from 'preact';
import { Dialog } from '../parts/dialog.tsx';

export interface HelpDialogProps {
  readonly hasShortcuts: boolean;
  readonly onShortcuts: (has: boolean) => void;
  readonly onClose: () => void;
}

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'go to the search'],
  ['n', 'add a key'],
  ['?', 'this help'],
  ['↑ ↓', 'from one row of a list to the next; Page up, Page down, Home and End go further'],
  ['Space', 'pick the row’s key for a job'],
  ['Enter', 'open it'],
  ['Esc', 'close a dialog'],
];

/** What the keyboard does, and what the page does not tell by itself. */
export function HelpDialog({ hasShortcuts, onShortcuts, onClose }: HelpDialogProps): JSX.Element {
  return (
    <Dialog title="Help" onClose={onClose}>
      <h3>Keyboard</h3>
      <dl class="shortcuts">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={hasShortcuts}
          onChange={({ currentTarget }) => {
            onShortcuts(currentTarget.checked);
          }}
        />
        Single keys (/, n, ?) are shortcuts
      </label>
      <h3>Good to know</h3>
      <ul>
        <li>Values are never listed. Each time one is revealed or copied, the audit says who did it.</li>
        <li>The token is in the memory of this page only. A reload, or closing the tab, signs you out.</li>
        <li>
          What the page does, the API does for programs:{' '}
          <a href="api/v1/openapi.json" target="_blank" rel="noopener">
            its description
          </a>
          .{' '}
          <a href="LICENSES.txt" target="_blank" rel="noopener">
            Licences
          </a>{' '}
          of what the page is made of.
        </li>
      </ul>
    </Dialog>
  );
}
