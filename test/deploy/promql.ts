/** What a PromQL expression asks for, as far as a look at its words tells: enough for ours, which have no text with brackets. */
export interface Uses {
  /** Each metric with the labels that it is selected by. */
  readonly selectors: readonly { readonly metric: string; readonly labels: readonly string[] }[];
  /** Labels that results are grouped, joined or called by. */
  readonly labels: readonly string[];
}

/** A name that no bracket follows, so no function; a keyword or a label list is taken out before. */
const SELECTOR = /\b([a-z]\w*)\b(?!\s*\()(?:\{([^}]*)\})?/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** Reads an expression. Durations and numbers are no names; strings have no braces in them here. */
export function usesOf(expr: string): Uses {
  const labels: string[] = [];
  const rest = expr
    .replaceAll(GROUPING, (_, list: string) => {
      labels.push(...names(list));
      return ' ';
    })
    .replaceAll(/\[[^\]]*\]/g, ' ');
  const selectors = [...rest.matchAll(SELECTOR)].flatMap(([, metric = '', matchers = '']) =>
    KEYWORDS.has(metric.toLowerCase())
      ? []
      : [{ metric, labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label) }],
  );
  return { selectors, labels };
}

function names(list: string): string[] {
  return list.split(',').flatMap((name) => name.trim() || []);
}
