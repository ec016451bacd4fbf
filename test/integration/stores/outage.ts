import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { withExtra } from './changes.ts';
import type { Scene } from './scene.ts';
import { OUTAGE, READY, readyOf, type Told, untold } from './told.ts';

/** How soon all must tell of an outage, and how soon all must be well after it. Milliseconds. */
const TOLD_MS = 20_000;
const WELL_MS = 15_000;
/** Some tries of the operator long. */
const QUIET_MS = 2_500;

/** One way in which a store fails. */
export interface Outage {
  readonly begin: () => unknown;
  readonly end: () => unknown;
  /** What the store and its bindings are to say meanwhile; else that it does not answer, and since when. */
  readonly told?: Told;
}

/** What a failure must do to nobody, whichever store it is and however it fails. */
export async function suffer(scene: Scene, { begin, end, told = OUTAGE }: Outage): Promise<void> {
  const { stage } = scene;
  const everybody = [scene.store, ...scene.bindings];
  await stage.until('all were Ready before', 2 * WELL_MS, () => untold(stage, everybody, READY));
  const writes = scene.writes();
  const unread = `unread/${scene.newName()}`;
  await scene.backend.put(unread, scene.newValue());
  const over = once(end);
  await begin();
  try {
    await stage.until('all tell of it', TOLD_MS, () => untold(stage, everybody, told));
    await withExtra(scene, unread, async (name) => {
      const added = { status: told.status, ...(told.reason && { reason: told.reason }) };
      await stage.until('a new binding tells of it', TOLD_MS, () => untold(stage, [scene.subject(name)], added));
      const refusal = await stage.tryDriver(scene.jobs, name);
      expect(refusal).to.have.property('refused').that.contains(told.reason);
      await lastKnownGood(scene);
      await stage.until('the store counts it', TOLD_MS, () => scene.uncounted());
      await quiet(scene);
      await over();
      const all = [...everybody, scene.subject(name)];
      await stage.until('all are well again', WELL_MS, () => untold(stage, all, READY));
      expect(await stage.tryDriver(scene.jobs, name)).to.have.property('pod');
    });
  } finally {
    await over();
    // What fails here must not fail the next.
    await stage.until('', 3 * WELL_MS, () => untold(stage, everybody, READY)).catch(() => undefined);
  }
  expect(scene.guard.losses).to.deep.equal([]);
  expect(scene.writes(), 'Secrets were written though no value changed').to.deep.equal(writes);
}

/** Nothing is written while nothing changes: only the first words of an outage, of a server that shuts down, give way to lasting ones. */
async function quiet(scene: Scene): Promise<void> {
  const words = (): string | undefined => readyOf(scene.stage, scene.store)?.message;
  const first = words();
  let before = scene.versions();
  await sleep(QUIET_MS);
  if (words() !== first) {
    before = scene.versions();
    await sleep(QUIET_MS);
  }
  expect(scene.versions(), 'written again though nothing changed').to.deep.equal(before);
}

/** However often it is called, it is done once. */
function once(work: () => unknown): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= (async () => {
      await work();
    })();
    return done;
  };
}

/** New drivers of bindings that had their values start with those. */
export async function lastKnownGood(scene: Scene): Promise<void> {
  const name = scene.names[1]!;
  const admitted = await scene.stage.tryDriver(scene.jobs, name);
  expect(admitted.refused).to.equal(undefined);
  expect(admitted).to.have.property('pod').that.contains(`spark-secrets-${name}`);
}
