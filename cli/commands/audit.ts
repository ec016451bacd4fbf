import type { AuditEvent } from '../api/answers.ts';
import { withStore } from '../api/chosen-store.ts';
import { command } from '../command.ts';
import { write } from '../output.ts';
import { UsageProblem } from '../problem.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { table } from '../terminal/table.ts';
import { keyOperand } from './operands.ts';

const LIMIT = 50;

export const audit = command({
  name: 'audit',
  summary: 'what was done to keys, and what was refused',
  operands: '[KEY]',
  about: `Shows the most recent reads of values, writes, removals and refusals, newest first: those that the replica which answers has
in its memory. The operator's log has all of them.`,
  options: {
    limit: { type: 'string', value: 'NUMBER', about: `how many at most; ${LIMIT} by default` },
    ...OUTPUT_OPTIONS,
    ...STORE_OPTIONS,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['audit', 'of all keys of a store'],
    ['audit orders/DB_PASSWORD --limit 10', 'of one'],
  ],
  run: async ({ values, operands, io }) => {
    const key = operands[0] === undefined ? undefined : keyOperand(operands[0]);
    const limit = Number(values.limit ?? LIMIT);
    if (!Number.isInteger(limit) || limit < 1) throw new UsageProblem('--limit is a number from 1 on');
    const items = await withStore(values, io, async (store) => {
      const found: AuditEvent[] = [];
      for await (const event of store.audit(key)) if (found.push(event) === limit) break;
      return found;
    });
    await write(io, values.output, { items }, () => auditText(items));
    return undefined;
  },
});

function auditText(events: readonly AuditEvent[]): string {
  if (events.length === 0) return 'The replica that answered remembers nothing of it.\n';
  const rows = events.map(({ time, caller, operation, key, result, consumer }) => [
    ...[time, operation, key ?? '', result],
    `${caller?.pod ?? caller?.name ?? 'unknown'}${consumer === undefined ? '' : ` for ${consumer}`}`,
  ]);
  return table(['TIME', 'OPERATION', 'KEY', 'RESULT', 'BY'], rows);
}
