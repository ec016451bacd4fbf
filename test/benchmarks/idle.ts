import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../deploy/local/progress.ts';
import { type Bench, withOperator } from './bench.ts';
import type { Values } from './figures.ts';

/** The operator with nothing to do. */
export async function idle(bench: Bench): Promise<Values> {
  say('Idle: the operator without any binding, 10 s…');
  return withOperator(bench, async (operator) => {
    await sleep(10_000);
    return { 'rss-idle': await operator.rss() };
  });
}
