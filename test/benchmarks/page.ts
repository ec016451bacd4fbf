import type { Browser } from 'playwright-core';
import { ConsoleWorld, goTo, signIn } from '../console/console-world.ts';
import type { ApiWorld } from '../http/api-world.ts';
import type { Values } from './figures.ts';
import { percentile } from './percentile.ts';

const LOADS = 10;
const KEYS = 10_000;

/** In the page: what was drawn first, and what all of it weighed, as the browser measured it. */
const MEASURE = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName('first-contentful-paint');
    if (paint === undefined) return;
    const files = performance.getEntries().filter(({ transferSize }) => transferSize !== undefined);
    const bytes = files.reduce((sum, { transferSize }) => sum + transferSize, 0);
    resolve([paint.startTime, bytes]);
  }).observe({ type: 'paint', buffered: true });
})`;

/** The Secrets page in Chromium, from the API server of this process, over TLS on 127.0.0.1: nothing of it is cached. */
export async function page(): Promise<Values> {
  const world = await ConsoleWorld.start();
  const api = await world.api();
  try {
    const loads: number[][] = [];
    for (let load = 0; load < LOADS; load += 1) loads.push(await firstLoad(world.browser, api));
    return {
      'page-first-paint': percentile(
        loads.map(([paint]) => paint ?? Number.NaN),
        1,
      ),
      'page-bytes': Math.max(...loads.map(([, bytes]) => bytes ?? Number.NaN)) / 1000,
      ...(await manyKeys(world, api)),
    };
  } finally {
    await api.stop();
    await world.stop();
  }
}

async function firstLoad(browser: Browser, api: ApiWorld): Promise<number[]> {
  const context = await browser.newContext({ baseURL: `https://127.0.0.1:${api.port}`, ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  await tab.goto('/');
  const measured = await tab.evaluate<number[]>(MEASURE);
  await context.close();
  return measured;
}

async function manyKeys(world: ConsoleWorld, api: ApiWorld): Promise<Values> {
  for (let at = 0; at < KEYS; at += 1) await api.put(`many/KEY_${String(at).padStart(5, '0')}`, 'x');
  const { page: tab } = await world.window(api);
  await signIn(tab, 'owner');
  const opened = performance.now();
  await goTo(tab, '#/stores/platform/default/keys/many');
  await tab.getByRole('link', { name: 'KEY_00000' }).waitFor();
  const shown = performance.now() - opened;
  await tab.getByRole('searchbox').fill('key_07777');
  const typed = performance.now();
  await tab.getByText('1 key found').waitFor();
  return { 'page-10000': shown, 'page-10000-search': performance.now() - typed };
}
