import type { ComponentChildren, JSX, TargetedEvent } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

export interface DialogProps {
  readonly title: string;
  /** Whether something was typed that closing would lose: then it is asked first. */
  readonly isDirty?: boolean;
  /** Whether it can't be closed by Escape or by the cross. */
  readonly isFirm?: boolean;
  readonly isWide?: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A dialog over everything else. Escape closes it; the focus goes back to where it was. */
export function Dialog({
  title,
  isDirty = false,
  isFirm = false,
  isWide = false,
  onClose,
  children,
}: DialogProps): JSX.Element {
  const titleId = useId();
  const [isAsking, setIsAsking] = useState(false);
  const leave = (): void => {
    if (isFirm) return;
    if (isDirty && !isAsking) setIsAsking(true);
    else onClose();
  };
  const ref = useOpen(leave);
  const onCancel = (event: TargetedEvent<HTMLDialogElement>): void => {
    // A file chooser's cancel comes by here, too.
    if (event.target !== event.currentTarget) return;
    event.preventDefault();
    leave();
  };
  return (
    <dialog ref={ref} class={isWide ? 'wide' : ''} aria-labelledby={titleId} onCancel={onCancel}>
      <header>
        <h2 id={titleId}>{title}</h2>
        {!isFirm && (
          <button type="button" class="quiet square" aria-label="Close" onClick={leave}>
            <Icon name="close" />
          </button>
        )}
      </header>
      {isAsking && (
        <Discard
          onDiscard={onClose}
          onKeep={() => {
            setIsAsking(false);
          }}
        />
      )}
      {children}
    </dialog>
  );
}

/** The dialogs that are open, the uppermost last. */
const open: HTMLDialogElement[] = [];

/**
 * Escape is dealt with here: by itself the browser may close a dialog without asking it, and one below the uppermost with
 * it, where one was opened by no click.
 */
function useOpen(onEscape: () => void): { current: HTMLDialogElement | null } {
  const ref = useRef<HTMLDialogElement>(null);
  const escape = useRef(onEscape);
  escape.current = onEscape;
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const dialog = ref.current;
    if (dialog === null) return undefined;
    dialog.showModal();
    open.push(dialog);
    const press = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.isComposing || open.at(-1) !== dialog) return;
      event.preventDefault();
      escape.current();
    };
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('keydown', press);
      open.splice(open.indexOf(dialog), 1);
      // While the dialog is still there nothing else can have the focus.
      queueMicrotask(() => {
        if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
      });
    };
  }, []);
  return ref;
}

function Discard({ onDiscard, onKeep }: { readonly onDiscard: () => void; readonly onKeep: () => void }): JSX.Element {
  return (
    <div class="notice warn" role="alert">
      <p>What you typed is not saved.</p>
      <div class="actions">
        <button type="button" class="danger" onClick={onDiscard}>
          Discard it
        </button>
        <button type="button" onClick={onKeep}>
          Keep editing
        </button>
      </div>
    </div>
  );
}
