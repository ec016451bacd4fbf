import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundle } from '../../../deploy/image/bundle.ts';
import { imageKey } from '../../../deploy/image/image-key.ts';
import { cachedWhileUsed } from '../../../deploy/local/cache.ts';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { KubeConnection } from '../../../operator/runtime/kube-connection.ts';
import { adminConfig, tokenConfig } from '../kubeconfig.ts';
import type { Installation } from './installation.ts';
import type { Launch } from './operator-process.ts';
import { freePort } from '../free-port.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const MAIN = join(ROOT, 'operator', 'main.ts');
const BUNDLE = 'operator.mjs';

/** What a launch is made from. */
export interface LaunchParts {
  readonly cluster: Cluster;
  /** For the kubeconfig. */
  readonly folder: string;
  /** For the log and the CPU profiles. */
  readonly output: string;
  /** Where the cluster reaches this machine. */
  readonly webhookHost: string;
  readonly installation: Installation;
  readonly profile: boolean;
}

/**
 * The environment is the chart's and the image's; only ports and addresses are those of this machine. For a profile the
 * sources run as they are: in the bundle's nobody could tell one function from another.
 */
export async function createLaunch(parts: LaunchParts): Promise<Omit<Launch, 'procs'>> {
  const { cluster, folder, installation, webhookHost } = parts;
  const file = parts.profile ? MAIN : await bundled();
  const kubeconfig = join(folder, 'operator.kubeconfig');
  await writeFile(kubeconfig, tokenConfig(cluster, installation.token), { mode: 0o600 });
  const [webhookPort, apiPort, healthPort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...installation.env,
    NODE_ENV: 'production',
    NODE_OPTIONS: '--max-old-space-size-percentage=50 --max-semi-space-size=8 --disable-warning=DEP0040',
    NODE_COMPILE_CACHE: join(parts.profile ? folder : dirname(file), 'compile-cache'),
    KUBECONFIG: kubeconfig,
    POD_NAMESPACE: installation.namespace,
    POD_NAME: installation.namespace,
    SERVICE_ACCOUNT: installation.serviceAccount,
    WEBHOOK_PORT: String(webhookPort),
    WEBHOOK_URL: `https://${webhookHost}:${webhookPort}`,
    API_PORT: String(apiPort),
    HEALTH_PORT: String(healthPort),
  };
  return { file, env, webhookPort, apiPort, healthPort, folder: parts.output, profile: parts.profile };
}

/** The image's bundle, made once for these sources: it takes five seconds, and dozens of tests start it. */
async function bundled(): Promise<string> {
  const folder = await cachedWhileUsed('operator-bundle', await imageKey(ROOT), async (made) => {
    await bundle(MAIN, join(made, BUNDLE));
  });
  return join(folder, BUNDLE);
}

/** A connection with the cluster's own credentials: those of a person who may do everything. */
export function connect(cluster: Cluster): KubeConnection {
  return new KubeConnection(adminConfig(cluster));
}
