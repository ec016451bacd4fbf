import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConnection } from '../../../operator/runtime/kube-connection.ts';
import { apiMetrics, countWrites, type Writes, writesBetween } from '../../benchmarks/api-writes.ts';
import { withExtra } from './changes.ts';
import type { DatabaseBackend } from './database-backend.ts';
import { lastKnownGood } from './outage.ts';
import type { Scene } from './scene.ts';
import type { Stage } from './stage.ts';
import { OUTAGE, READY, type Subject, untold } from './told.ts';

/** Some refreshes of every store long. */
const WHILE_MS = 8_000;

/** Seconds within which what is to be said must have been said. */
const REST_TRIES = 5;

const everybody = (scenes: readonly Scene[]): Subject[] => scenes.flatMap((scene) => [scene.store, ...scene.bindings]);

/** What the operator wrote to the API server within a while: nothing, if all that there is to say was said. */
export async function writesInAWhile(scenes: readonly Scene[]): Promise<Record<string, number>> {
  const { stage } = scenes[0]!;
  const { connection } = stage;
  for (const scene of scenes) await stage.until('its bindings are counted', 40_000, () => scene.uncounted());
  const before = await countedAtRest(connection);
  await sleep(WHILE_MS);
  return Object.fromEntries(writesBetween(before, countWrites(await apiMetrics(connection))));
}

/** The count of writes once a second passed without any: an event is posted a moment after the condition it is of. */
async function countedAtRest(connection: KubeConnection): Promise<Writes> {
  let before = countWrites(await apiMetrics(connection));
  for (let tries = 0; tries < REST_TRIES; tries += 1) {
    await sleep(1_000);
    const after = countWrites(await apiMetrics(connection));
    if (writesBetween(before, after).size === 0) return after;
    before = after;
  }
  throw new Error(`the API server had writes in each of ${REST_TRIES} seconds`);
}

/** Runs while no store of these answers, and all were told so. */
export async function duringOutage(
  scenes: readonly Scene[],
  failing: Failing,
  work: () => Promise<void>,
): Promise<void> {
  const { stage } = scenes[0]!;
  await failing.begin();
  try {
    await stage.until('all tell of it', 10_000, () => untold(stage, everybody(scenes), OUTAGE));
    await work();
  } finally {
    await failing.end();
  }
  await stage.until('all are well again', 5_000, () => untold(stage, everybody(scenes), READY));
  for (const scene of scenes) expect(scene.guard.losses).to.deep.equal([]);
}

export interface Failing {
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** The operator is another process afterwards, which knows no value: nothing may be lost by that. */
export async function restartedAmid(scenes: readonly Scene[]): Promise<void> {
  const { stage } = scenes[0]!;
  const before = scenes.map((scene) => scene.writes());
  await stage.operator.stop();
  await stage.operator.start();
  const told = { status: 'False', reason: 'StoreUnreachable', message: /values of the last good read/ } as const;
  const bindings = scenes.flatMap((scene) => scene.bindings);
  await stage.until('the new operator tells of it', 10_000, () => untold(stage, bindings, told));
  await sleep(WHILE_MS / 2);
  expect(untold(stage, bindings, told)).to.equal(undefined);
  expect(scenes.map((scene) => scene.writes())).to.deep.equal(before);
  for (const scene of scenes) {
    await lastKnownGood(scene);
    await withExtra(scene, 'SHARED', async (name) => {
      const reason = { status: 'False', reason: 'StoreUnreachable' } as const;
      await stage.until('a new binding tells of it', 10_000, () => untold(stage, [scene.subject(name)], reason));
    });
  }
}

/** A row of the table is copied over another one: for the keys that were written so nothing can be read. */
export async function swappedRow(scene: Scene, database: DatabaseBackend): Promise<void> {
  const { stage } = scene;
  const [victim, ...rest] = scene.bindings;
  const before = scene.valueOf(victim!.name, 'OWN');
  await database.query(
    `UPDATE secret_store AS t SET version = t.version + 1, sealing = s.sealing, kek_id = s.kek_id, data_key = s.data_key,
       value = s.value FROM secret_store AS s WHERE t.key = 'own/K0' AND s.key = 'own/K1'`,
  );
  const told = { status: 'False', reason: 'ValueUnreadable', message: /own\/K0.*Write the value anew/ } as const;
  await stage.until('it is told', 10_000, () => untold(stage, [victim!], told));
  await stage.until('the others are Ready', 0, () => untold(stage, [scene.store, ...rest], READY));
  expect(scene.valueOf(victim!.name, 'OWN')).to.equal(before);
  await database.put('own/K0', scene.newValue());
  await stage.until('it is Ready again', 5_000, () => untold(stage, [victim!], READY));
}

/** Where a word stands that must be in values only: logs, events, statuses, what the stores keep. */
export async function revealedIn(stage: Stage, scenes: readonly Scene[], word: string): Promise<string[]> {
  const group = '/apis/secrets.iomete.com/v1alpha1';
  const places: Readonly<Record<string, Promise<string>>> = {
    "the operator's log": stage.log(),
    'its metrics': stage.operator.metrics(),
    events: stage.text('/api/v1/events'),
    'events of the new API': stage.text('/apis/events.k8s.io/v1/events'),
    bindings: stage.text(`${group}/sparkjobsecretbindings`),
    stores: stage.text(`${group}/secretstoreconfigs`),
    ConfigMaps: stage.text('/api/v1/configmaps'),
    pods: stage.text('/api/v1/pods'),
    ...Object.fromEntries(
      scenes.map(({ backend }) => [`what the store of type ${backend.name} keeps`, backend.traces()]),
    ),
  };
  const forms = [word, Buffer.from(word).toString('base64').slice(0, -4), Buffer.from(word).toString('hex')];
  const found = await Promise.all(
    Object.entries(places).map(async ([place, text]) => {
      const all = await text;
      return forms.some((form) => all.includes(form)) ? [place] : [];
    }),
  );
  return found.flat();
}
