import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `check` no longer throws or returns false; throws its last error after `ms` milliseconds. */
export async function eventually(check: () => unknown, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  for (;;) {
    try {
      if ((await check()) !== false) return;
      if (performance.now() > deadline) throw new Error(`still not so after ${ms} ms: ${check.toString()}`);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(5);
  }
}
