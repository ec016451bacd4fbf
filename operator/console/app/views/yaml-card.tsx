import type { JSX } from 'preact';
import type { DraftProblem } from '../model/binding.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Icon } from '../parts/icon.tsx';

export interface YamlCardProps {
  readonly yaml: string;
  /** Of the binding, and so of the file. */
  readonly name: string;
  readonly problems: readonly DraftProblem[];
  readonly isTried: boolean;
  /** Somebody wants it: from now on it is told what is missing. */
  readonly onTry: () => void;
  /** It was copied or saved. */
  readonly onTake: () => void;
}

/** The binding as YAML: to be copied or saved as soon as nothing is missing. */
export function YamlCard({ yaml, name, problems, isTried, onTry, onTake }: YamlCardProps): JSX.Element {
  const isReady = problems.length === 0;
  return (
    <div class="card">
      <h2>Binding</h2>
      <pre class="yaml" tabIndex={0} aria-label="The binding as YAML">
        {yaml}
      </pre>
      {isReady ? (
        <div class="actions">
          <CopyButton
            class="primary"
            label="Copy YAML"
            take={() => {
              onTake();
              return { text: yaml, said: 'Copied the YAML.' };
            }}
          />
          <button
            type="button"
            onClick={() => {
              save(`${name}.yaml`, yaml);
              onTake();
            }}
          >
            <Icon name="download" />
            Save as file
          </button>
        </div>
      ) : (
        <>
          <button type="button" class="primary" onClick={onTry}>
            <Icon name="check" />
            Check it
          </button>
          {isTried && <Missing problems={problems} />}
        </>
      )}
      {isReady && (
        <p class="hint">
          Commit it, or <code>kubectl apply -f {name}.yaml</code>
        </p>
      )}
    </div>
  );
}

/** What is missing; each leads to its field. */
function Missing({ problems }: { readonly problems: readonly DraftProblem[] }): JSX.Element {
  return (
    <div class="notice warn" role="alert">
      <Icon name="alert" />
      <div>
        <p>Before it can be applied:</p>
        <ul>
          {problems.map(({ field, text }) => (
            <li key={field}>
              <button
                type="button"
                class="link"
                onClick={() => document.querySelector<HTMLElement>(`[data-field="${field}"]`)?.focus()}
              >
                {text}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  // The browser has it by then.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 1000);
}
