import type { TargetedEvent } from 'preact';

/** What a form does when it is submitted: nothing that the browser would do. */
export function onSubmitOf(work: () => void): (event: TargetedEvent<HTMLFormElement>) => void {
  return (event) => {
    event.preventDefault();
    work();
  };
}
