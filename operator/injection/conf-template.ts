import { parseSource } from '../api/dynamic-reference.ts';
import type { BindingSpec } from '../api/kinds.ts';
import { parseTemplate, type Template, type TemplateProblem } from './template.ts';

/** One entry of sparkConf. */
export type ConfEntry = NonNullable<BindingSpec['sparkConf']>[number];

/** The template of a sparkConf entry; that of a key alone is the key. The problem's message names the property. */
export function confTemplate({ name, key, template }: ConfEntry): Template | TemplateProblem {
  if ((key === undefined) === (template === undefined)) {
    return {
      problem: { reason: 'InvalidTemplate', message: `sparkConf ${name}: set exactly one of key and template.` },
    };
  }
  if (template !== undefined) return named(name, parseTemplate(template));
  const parsed = parseSource(key ?? '');
  if (parsed !== undefined) return { parts: [{ key: parsed }] };
  const message = `sparkConf ${name}: this is not the form of a key: write it like orders/DB_PASSWORD.`;
  return { problem: { reason: 'KeyNotFound', message } };
}

function named(name: string, parsed: Template | TemplateProblem): Template | TemplateProblem {
  if (!('problem' in parsed)) return parsed;
  return { problem: { ...parsed.problem, message: `sparkConf ${name}: template: ${parsed.problem.message}` } };
}
