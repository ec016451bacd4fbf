import { chromium, type Browser } from 'playwright-core';
import { ensurePackages } from '../../deploy/local/packages.ts';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Nothing but the page: no updates, no reports, no host but this one, and no shared memory that a container may lack. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** Debian's Chromium, without a window and with an empty profile of its own. */
export async function startChromium(): Promise<Browser> {
  await ensurePackages(['chromium']);
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const executablePath = folders.map((folder) => join(folder, 'chromium')).find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('there is no chromium on the PATH');
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
}
