import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useApp } from '../context.ts';
import { bindingYaml, draftProblems, keysOf, type Draft } from '../model/binding.ts';
import { Heading } from '../parts/heading.tsx';
import { BindingState } from './binding-state.tsx';
import { JobFields } from './job-fields.tsx';
import { PickedKeys } from './picked-keys.tsx';
import { RowsCard } from './rows-card.tsx';
import type { StoreViewProps } from './store-frame.tsx';
import { useKeyRemarks } from './use-key-remarks.ts';
import { YamlCard } from './yaml-card.tsx';

/** What the parts of the view are given. */
export interface DraftProps extends StoreViewProps {
  readonly draft: Draft;
  readonly onDraft: (change: (draft: Draft) => Draft) => void;
  /** What is wrong with a field, by its id; nothing before it was tried. */
  readonly problemOf: (field: string) => string | undefined;
  /** What may be wrong with a key. */
  readonly remarkOn: (key: string) => string | undefined;
}

/** Keys for a job's environment variables, Spark config and files, as a binding ready to commit. */
export function UseView(props: StoreViewProps): JSX.Element {
  const { store, about, api } = props;
  const { workOf, setWork } = useApp();
  const { draft } = workOf(store);
  const [isTried, setIsTried] = useState(false);
  const [isTaken, setIsTaken] = useState(false);
  const problems = useMemo(() => draftProblems(draft), [draft]);
  const remarkOn = useKeyRemarks({ api, about, keys: keysOf(draft), namespace: draft.namespace });
  const parts: DraftProps = {
    ...props,
    draft,
    onDraft: (change) => {
      setWork(store, (work) => ({ ...work, draft: change(work.draft) }));
    },
    problemOf: (field) => (isTried ? problems.find((problem) => problem.field === field)?.text : undefined),
    remarkOn,
  };
  const onTry = (): void => {
    setIsTried(true);
  };
  const onTake = (): void => {
    setIsTaken(true);
  };
  return (
    <section>
      <Introduction />
      <div class="columns use">
        <div>
          <PickedKeys {...parts} />
          <JobFields {...parts} />
          <RowsCard {...parts} section="env" />
          <RowsCard {...parts} section="conf" />
          <RowsCard {...parts} section="files" />
        </div>
        <div class="beside">
          <YamlCard yaml={bindingYaml(draft, store)} name={draft.name} {...{ problems, isTried, onTry, onTake }} />
          <BindingState draft={draft} store={store} isExpected={isTaken && problems.length === 0} />
        </div>
      </div>
    </section>
  );
}

function Introduction(): JSX.Element {
  return (
    <>
      <div class="title">
        <Heading title="Use in a job" />
      </div>
      <p class="muted">
        A SparkJobSecretBinding says which jobs get which keys. Fill it in here, commit the YAML next to your jobs, and
        apply it: from then on every matching driver and its executors have the values.
      </p>
    </>
  );
}
