import type { StoreInFull } from '../../api/answers.ts';
import { Refusal } from '../../cluster/refusal.ts';
import { NoToken } from '../../cluster/token.ts';
import type { CommandProblem } from '../../problem.ts';
import { area, isKnown, type Finding } from '../finding.ts';
import type { Installation } from '../installation.ts';

const { ok, warning, problem } = area('api');

/** Whether the API answers the caller, and what they may do. */
export function checkApi({ api }: Installation): Finding[] {
  if (!isKnown(api)) return [unanswered(api)];
  const { caller, stores } = api.value;
  if (stores.length === 0)
    return [
      ok(`answers, and knows you as ${caller}`),
      warning(
        'you see no store in its own namespace',
        'Bind one of the chart’s roles (…-viewer, …-editor, …-admin) to you there; in a consumer’s namespace use --consumer.',
      ),
    ];
  return [ok(`answers, and knows you as ${caller}`), ...stores.map(rights)];
}

function unanswered({ unknown, reason }: { readonly unknown: string; readonly reason?: CommandProblem }): Finding {
  if (reason instanceof NoToken) return warning('was not asked: there is no token to send', unknown);
  if (Refusal.is(reason, 403)) return warning('was not asked: you may not do what it needs', unknown);
  return problem(`no answer for you: ${unknown}`, 'Jobs don’t need it; spark-secrets can only explain without it.');
}

function rights({ namespace, name, may }: StoreInFull): Finding {
  return ok(`keys of ${namespace}/${name}: you may ${may.join(', ')}`);
}
