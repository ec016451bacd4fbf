import type {
  ExplainedBinding,
  ExplainedItem,
  Explanation,
  ItemSource,
} from '../../operator/injection/explain/result.ts';
import { plain } from '../terminal/plain.ts';
import { columns } from '../terminal/table.ts';

const VERDICTS: Readonly<Record<Explanation['verdict'], string>> = {
  Injected: 'has secrets',
  WouldInject: 'would be given secrets',
  Waits: 'would wait, and then be refused: a binding is not reconciled',
  Refused: 'would be refused',
  NotSelected: 'would get no secrets',
};

/** An explanation for a terminal: lines with visible characters only. */
export function explanationText(explanation: Explanation): string {
  const { subject, application, bindings, notes } = explanation;
  const selected = bindings.filter((binding) => binding.selected);
  const blocks = [
    [
      `${plain(subject.kind)} ${plain(subject.namespace)}/${plain(subject.name)}: ${headline(explanation)}`,
      ...verdictLines(explanation),
      ...columns([
        ['  Application', application.names.join(', ') || '(no name that a binding could select)'],
        ['  Launched by', application.launchedBy ?? '(nobody whom the operator knows)'],
      ]),
    ],
    bindingLines(bindings),
    ...selected.map(givenLines),
    referenceLines(explanation),
    notes.map((note) => `Note: ${plain(note)}`),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function headline({ verdict, references }: Explanation): string {
  const stops = verdict === 'WouldInject' && references.some(({ outcome }) => outcome === 'Stops');
  return VERDICTS[verdict] + (stops ? ', but its driver would not start' : '');
}

function verdictLines({ messages, warnings, ifCreatedNow }: Explanation): string[] {
  const now = ifCreatedNow === undefined ? [] : [`If it were created now: it ${VERDICTS[ifCreatedNow.verdict]}.`];
  const all = [...messages, ...warnings.map((warning) => `Warning: ${warning}`), ...now];
  const nowSays = [...(ifCreatedNow?.messages ?? []), ...(ifCreatedNow?.warnings ?? [])];
  return [...all, ...nowSays].map((line) => `  ${plain(line)}`);
}

function bindingLines(bindings: readonly ExplainedBinding[]): string[] {
  if (bindings.length === 0) return ['No SparkJobSecretBinding in this namespace.'];
  const rows = bindings.map(({ name, selected, ready, reasons }) => {
    // Of one that is not selected, what is in the way.
    const why = reasons.filter(({ holds }) => selected || !holds).map(({ text }) => text);
    const state = ready.status === 'True' ? 'True' : `${ready.status} ${ready.reason}`.trim();
    return [name, selected ? 'yes' : 'no', state, why.join('; ')];
  });
  const unready = bindings.filter(({ selected, ready }) => selected && ready.status === 'False');
  return [
    ...columns([['BINDING', 'SELECTS', 'READY', 'BECAUSE'], ...rows]),
    ...unready.map(({ name, ready }) => plain(`  ${name}: ${ready.message}`)),
  ];
}

function givenLines({ name, store, scope, gives }: ExplainedBinding): string[] {
  const copy = scope === 'Application' ? ', a copy for each run' : '';
  return [plain(`${name} gives, from store ${store.namespace}/${store.name}${copy}`), ...columns(gives.map(itemCells))];
}

function referenceLines({ references, messages }: Explanation): string[] {
  if (references.length === 0) return [];
  const rows = references.map(({ where, key, coveredBy, problem }) => {
    const isTold = problem !== undefined && messages.some((message) => message.includes(problem));
    const why = isTold ? 'NOT RESOLVED: see above' : `NOT RESOLVED: ${problem ?? ''}`;
    return [`  \${secrets.${key}}`, where, problem === undefined ? `covered by ${coveredBy.join(', ')}` : why];
  });
  return ['The job refers to', ...columns(rows)];
}

function itemCells(item: ExplainedItem): string[] {
  const { what, name, from, reaches, note } = item;
  const to = what === 'reference' ? 'where the job refers to it' : reaches.join(', ');
  return [`  ${what}`, name, sourceText(from), to, [deliveryText(item), note].filter(Boolean).join('; ')];
}

function deliveryText({ what, delivery, via, path = '' }: ExplainedItem): string {
  if (what === 'file') return path;
  if (what !== 'property') return '';
  return delivery === 'Environment' ? `by the variable ${via ?? ''}` : 'in the properties';
}

function sourceText({ kind, keys, group, preset }: ItemSource): string {
  const of = preset === undefined ? '' : ` (preset ${preset})`;
  const names = keys.join(', ');
  switch (kind) {
    case 'group':
      return `every key of ${group ?? ''}`;
    case 'key':
      return (group === undefined ? `key ${names}` : `key ${names} (of group ${group})`) + of;
    case 'template':
      return `template of ${names}${of}`;
    case 'lease':
      return `lease ${names}${of}`;
    case 'text':
      return `fixed text${of}`;
    case 'invalid':
      return 'nothing: its source is not valid';
  }
}
