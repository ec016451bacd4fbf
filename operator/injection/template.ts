import { parseSource, type SecretSource } from '../api/dynamic-reference.ts';
import type { Problem } from '../api/reasons.ts';

/** A parsed template: literal text and keys or dynamic references, in their order. */
export interface Template {
  readonly parts: readonly (string | { readonly key: SecretSource })[];
}

/** Why a text is no template. */
export interface TemplateProblem {
  readonly problem: Problem;
}

/**
 * Parses text with keys in `${KEY}`. `$${` is a literal `${`; any other `$` is itself. The problem gives a position
 * (from 1, in characters) and never a piece of the text, which may hold something secret by mistake.
 */
export function parseTemplate(text: string): Template | TemplateProblem {
  const parts: (string | { key: SecretSource })[] = [];
  let literal = '';
  for (let at = 0; at < text.length;) {
    if (text.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end < 0)
        return invalid(`"\${" at character ${at + 1} is not closed: add "}", or write "$\${" for a literal "\${".`);
      const key = parseSource(text.slice(at + 2, end));
      if (key === undefined) {
        return invalid(
          `"\${" at character ${at + 1} holds no key: keys are like orders/DB_PASSWORD; a literal "\${" is "$\${".`,
        );
      }
      parts.push(literal, { key });
      literal = '';
      at = end + 1;
    } else {
      literal += text.charAt(at);
      at += 1;
    }
  }
  return { parts: [...parts, literal].filter((part) => part !== '') };
}

/** The keys of a template, each once, in the order of their first use. */
export function templateKeys(template: Template): readonly SecretSource[] {
  return [...new Set(template.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.key])))];
}

/** The text with each key replaced by what `valueOf` gives for it, as it is. */
export function renderTemplate(template: Template, valueOf: (key: SecretSource) => string): string {
  return template.parts.map((part) => (typeof part === 'string' ? part : valueOf(part.key))).join('');
}

function invalid(message: string): TemplateProblem {
  return { problem: { reason: 'InvalidTemplate', message } };
}
