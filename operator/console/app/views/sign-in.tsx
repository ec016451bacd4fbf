import type { JSX, TargetedEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Caller } from '../api/answers.ts';
import { ApiClient } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { whoAmI } from '../api/store-api.ts';
import { namespaceProblem } from '../model/names.ts';
import { AS_TYPED } from '../parts/as-typed.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { TrimmedInput } from '../parts/trimmed-input.tsx';
import { useTask } from '../parts/use-task.ts';

export interface SignedIn {
  readonly token: string;
  readonly caller: Caller;
  readonly consumer: string | undefined;
}

/** The page before anybody is signed in. */
export function SignIn({ onDone }: { readonly onDone: (who: SignedIn) => void }): JSX.Element {
  const [consumer, setConsumer] = useState('');
  const problem = consumer === '' ? undefined : namespaceProblem(consumer);
  useEffect(() => {
    document.title = 'Sign in – Spark secrets';
  }, []);
  return (
    <main class="sign-in">
      <div class="mark">
        <Icon name="key" />
      </div>
      <h1>Spark secrets</h1>
      <p class="lead">Keys for Spark jobs: where they are kept, who uses them, and how a job gets them.</p>
      {!isSecureContext && (
        <ProblemBox
          error={
            new Error('this page came without encryption: others on the way could read your token. Open it by HTTPS.')
          }
        />
      )}
      <TokenForm
        isBlocked={problem !== undefined}
        onToken={(token, caller) => {
          onDone({ token, caller, consumer: consumer || undefined });
        }}
      >
        <Field
          label="Work in the name of a namespace (optional)"
          hint="For data teams: you then see the keys that stores grant to this namespace. Leave it empty if the store is yours."
          error={problem}
        >
          {(ties) => <TrimmedInput ties={ties} value={consumer} placeholder="analytics" onTyped={setConsumer} />}
        </Field>
      </TokenForm>
    </main>
  );
}

export interface SignInAgainProps {
  readonly caller: Caller;
  readonly onDone: (who: SignedIn) => void;
  readonly onSignOut: () => void;
}

/** The token is good no more: asks for another, over what somebody was doing. */
export function SignInAgain({ caller, onDone, onSignOut }: SignInAgainProps): JSX.Element {
  return (
    <Dialog title="Sign in again" isFirm onClose={() => undefined}>
      <p>
        The token of <strong>{caller.name}</strong> is good no more. Nothing that you typed is lost: with a new token of
        theirs it goes on where it stopped. With a token of anybody else the page begins anew.
      </p>
      <TokenForm
        isBlocked={false}
        onToken={(token, now) => {
          onDone({ token, caller: now, consumer: undefined });
        }}
      />
      <button type="button" class="quiet" onClick={onSignOut}>
        Sign out instead
      </button>
    </Dialog>
  );
}

interface TokenFormProps {
  readonly isBlocked: boolean;
  readonly onToken: (token: string, caller: Caller) => void;
  /** Further fields. */
  readonly children?: JSX.Element;
}

/** Asks for a token and finds out whose it is. The field is emptied as soon as it was read. */
function TokenForm({ isBlocked, onToken, children }: TokenFormProps): JSX.Element {
  const [pasted, setPasted] = useState('');
  const { run, isRunning, error } = useTask();
  const submit = (event: TargetedEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isBlocked) return;
    run(async () => {
      const token = ApiClient.tokenIn(pasted);
      if (token === undefined)
        throw new Problem(0, 'this is no token: paste all of what kubectl printed, and nothing else.');
      const caller = await callerOf(token);
      setPasted('');
      onToken(token, caller);
    });
  };
  return (
    <form onSubmit={submit} autocomplete="off" noValidate>
      <Field
        label="Token of the cluster"
        hint={
          <>
            For example <code>kubectl create token NAME --namespace NAMESPACE</code>. It stays in the memory of this
            page: a reload forgets it.
          </>
        }
      >
        {(ties) => (
          <input
            {...ties}
            type="password"
            value={pasted}
            required
            {...AS_TYPED}
            autofocus
            onInput={({ currentTarget }) => {
              setPasted(currentTarget.value);
            }}
          />
        )}
      </Field>
      {children}
      {error !== undefined && <ProblemBox error={error} />}
      <button type="submit" class="primary" disabled={isRunning || pasted === ''}>
        {isRunning ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}

/** Throws Problem: a token that is not good is not asked for again here. */
function callerOf(token: string): Promise<Caller> {
  const refused = new Problem(401, 'the cluster does not know this token, or it has expired: make a new one.');
  return whoAmI(new ApiClient({ token, renew: () => Promise.reject(refused) }));
}
