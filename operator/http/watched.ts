import { whyUnread, type WatchScope } from '../runtime/watch-scope.ts';
import { HttpProblem } from './problem.ts';

/** Where it is known which namespaces are watched. */
export type Scope = Pick<WatchScope, 'knowledgeOf'>;

/**
 * Throws HttpProblem unless all of the namespace is known: 404 (NamespaceNotWatched) for one that is not watched, 503
 * (NamespaceUnreadable) for one whose bindings and stores can't be seen now. "There is none" would be a wrong answer.
 */
export function refuseUnknown(namespace: string, scope: Scope): void {
  const knowledge = scope.knowledgeOf(namespace);
  if (knowledge === 'unwatched')
    throw new HttpProblem(404, `${whyUnread(namespace, knowledge)}.`, { code: 'NamespaceNotWatched' });
  if (knowledge === 'unknown')
    throw new HttpProblem(503, `${whyUnread(namespace, knowledge)}.`, {
      code: 'NamespaceUnreadable',
      headers: { 'retry-after': '10' },
    });
}
