import { join } from 'node:path';
import { say } from '../../deploy/local/progress.ts';
import { run } from '../../deploy/local/run.ts';
import { ourWebhook, WEBHOOK_CONFIGURATION } from '../../operator/webhook/webhook-configuration.ts';
import type { OperatorProcess } from '../support/operator/operator-process.ts';
import type { Load, LoadReport } from './admission-load.ts';
import { type Bench, withOperator } from './bench.ts';
import type { Values } from './figures.ts';
import {
  bindingOf,
  createBindings,
  createNamespaces,
  createStore,
  deleteNamespaces,
  namespacesOf,
  storeIsReady,
  storeNamespace,
} from './objects.ts';
import { percentile } from './percentile.ts';
import { ReadyWatch } from './ready-watch.ts';

const BINDINGS = 100;
const RATE = 200;
const WARM_UP_S = 3;
const SECONDS = 20;

/** The webhook under 200 driver pods a second, each matched by one of 100 bindings of its namespace. */
export function admission(bench: Bench): Promise<Values> {
  return withHundredBindings(bench, 'pods', async (namespace) => {
    say(`Admission: ${RATE} pods a second for ${SECONDS} s after a warm-up of ${WARM_UP_S} s…`);
    const { latencies } = await putAdmissionLoad(bench, namespace, SECONDS);
    return { 'admission-p50': percentile(latencies, 0.5), 'admission-p99': percentile(latencies, 0.99) };
  });
}

/** Measures with 100 bindings, all Ready, in one namespace; `what` is part of its name. */
export async function withHundredBindings(
  bench: Bench,
  what: string,
  measure: (namespace: string, operator: OperatorProcess) => Promise<Values>,
): Promise<Values> {
  const [namespace = ''] = namespacesOf(bench, what, 1);
  await createNamespaces(bench, [namespace]);
  await createStore(bench, [namespace]);
  const watch = new ReadyWatch(bench);
  try {
    return await withOperator(bench, async (operator) => {
      await storeIsReady(bench);
      await watch.start();
      const gift = { env: 3, sparkConf: 2 };
      await createBindings(
        bench,
        Array.from({ length: BINDINGS }, (_, i) => bindingOf(bench, namespace, i, gift)),
      );
      await watch.count(BINDINGS, 60_000);
      return await measure(namespace, operator);
    });
  } finally {
    await watch.stop();
    await deleteNamespaces(bench, [namespace, storeNamespace(bench)]);
  }
}

/** PEM of who signed the webhook's certificate. */
export async function webhookAuthority({ client, webhookConfiguration }: Bench): Promise<string> {
  const signal = AbortSignal.timeout(10_000);
  const configuration = await client.get(WEBHOOK_CONFIGURATION, undefined, webhookConfiguration, signal);
  return Buffer.from(ourWebhook(configuration)?.clientConfig?.caBundle ?? '', 'base64').toString();
}

/**
 * Pods for each of 100 bindings of a namespace, so many seconds after the warm-up. The load comes from a process of its own:
 * a client on this event loop would measure itself.
 */
export async function putAdmissionLoad(bench: Bench, namespace: string, seconds: number): Promise<LoadReport> {
  const load: Load = {
    port: bench.launch.webhookPort,
    serverName: bench.webhookHost,
    ca: await webhookAuthority(bench),
    namespace,
    bindings: BINDINGS,
    rate: RATE,
    warmUp: WARM_UP_S * RATE,
    count: seconds * RATE,
  };
  const program = join(import.meta.dirname, 'admission-load.ts');
  const output = await run(process.execPath, [program], { input: JSON.stringify(load), timeoutMs: 120_000 });
  const report = JSON.parse(output) as LoadReport;
  const { latencies, lateness, refused, connections } = report;
  if (refused.length > 0)
    throw new Error(`${refused.length} reviews were not answered with a patch: ${refused.slice(0, 5).join('\n')}`);
  const late = percentile(lateness, 0.99).toFixed(1);
  const slowest = Math.max(...latencies).toFixed(1);
  say(
    `  ${latencies.length} answers over ${connections} connections; slowest ${slowest} ms; sent up to ${late} ms (p99) after their time`,
  );
  return report;
}
