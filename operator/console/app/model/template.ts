import { keyProblem } from './path.ts';

/** What a template holds: its keys, each once, or why it is none. */
export type TemplateKeys = { readonly keys: readonly string[] } | { readonly problem: string };

/** The keys in `${KEY}`; `$${` stands for a literal `${`. The operator reads templates the same way; a test compares the two. */
export function templateKeys(text: string): TemplateKeys {
  const keys = new Set<string>();
  for (const [found, key, open] of text.matchAll(/\$\$\{|\$\{(?:([^}]*)\}|([^}]*)$)/g)) {
    if (found === '$${') continue;
    if (open !== undefined) return { problem: '"${" is not closed: add "}", or write "$${" for a literal "${".' };
    if (key === undefined || keyProblem(key) !== undefined)
      return { problem: 'Between "${" and "}" belongs a key, such as orders/DB_PASSWORD.' };
    keys.add(key);
  }
  if (keys.size === 0) return { problem: 'Put keys into the text, such as ${orders/DB_PASSWORD}.' };
  return { keys: [...keys] };
}
