import { join } from 'node:path';

import { clientPrograms } from '../local/binaries.ts';
import { cacheFolder } from '../local/cache.ts';
import { run } from '../local/run.ts';

/**
 * Runs helm, the one in npm's packages, and answers its standard output. The user's own settings, plugins and
 * repositories of charts are neither read nor changed.
 *
 * @throws CommandFailed with helm's message
 */
export async function helm(...args: string[]): Promise<string> {
  const settings = join(cacheFolder(), 'helm');
  const env = { ...process.env, HELM_CONFIG_HOME: settings, HELM_DATA_HOME: settings, HELM_CACHE_HOME: settings };
  return run(join(await clientPrograms(), 'helm'), args, { env });
}
