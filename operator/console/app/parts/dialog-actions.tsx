import type { JSX } from 'preact';

export interface DialogActionsProps {
  readonly label: string;
  readonly isBlocked: boolean;
  readonly isDangerous?: boolean;
  /** Cancel is where the focus begins: for what can't be undone. */
  readonly isCareful?: boolean;
  readonly onCancel: () => void;
}

/** The last line of a dialog's form: to do it, or not. */
export function DialogActions({
  label,
  isBlocked,
  isDangerous = false,
  isCareful = false,
  onCancel,
}: DialogActionsProps): JSX.Element {
  return (
    <div class="actions">
      <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={isBlocked}>
        {label}
      </button>
      <button type="button" autofocus={isCareful} onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
