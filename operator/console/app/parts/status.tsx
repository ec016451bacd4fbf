import type { ComponentChildren, JSX } from 'preact';
import type { Ready } from '../api/answers.ts';

export type Tone = 'good' | 'bad' | 'wait' | 'plain';

/** A word in a coloured frame; the colour says nothing that the word does not. */
export function Pill({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): JSX.Element {
  return <span class={`pill ${tone}`}>{children}</span>;
}

/** The condition Ready of a store or a binding. */
export function ReadyPill({ ready: { status, reason } }: { readonly ready: Ready }): JSX.Element {
  if (status === 'True') return <Pill tone="good">Ready</Pill>;
  return <Pill tone={status === 'False' ? 'bad' : 'wait'}>{status === 'False' ? `Not ready: ${reason}` : reason}</Pill>;
}
