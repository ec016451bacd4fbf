/** Where progress is written: standard error, so that a script can use what a command prints. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Does something that may take long, and says so: at the start, every 15 seconds, and how long it took. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const seconds = (): string => ((Date.now() - started) / 1000).toFixed(0);
  say(`${what}…`);
  const timer = setInterval(() => {
    say(`${what}… ${seconds()} s`);
  }, 15_000);
  try {
    const result = await work();
    say(`${what}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Asks again and again until the answer is yes.
 * @throws Error that names what was waited for when it takes longer than timeoutMs.
 */
export async function waitUntil(what: string, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`gave up waiting after ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
