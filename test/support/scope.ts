import type { Knowledge } from '../../operator/runtime/watch-scope.ts';

/** The scope of an operator that knows every namespace, but those that are said not to be known. */
export class ScopeDouble {
  readonly exceptions = new Map<string, Knowledge>();

  knowledgeOf(namespace: string): Knowledge {
    return this.exceptions.get(namespace) ?? 'known';
  }
}
