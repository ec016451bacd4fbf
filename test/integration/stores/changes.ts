import { expect } from 'chai';
import { SECRET, SPARK_JOB_SECRET_BINDING } from '../../../operator/api/kinds.ts';
import type { Scene } from './scene.ts';
import { secretOf } from './stage.ts';
import { READY, untold } from './told.ts';

/** How long the operator may take for what it is told by a watch, in milliseconds. */
const SOON_MS = 10_000;

type Change = (scene: Scene) => Promise<void>;

/** What happens to values and Secrets, and what must come of it: the same for every store. */
export const CHANGES: Readonly<Record<string, Change>> = {
  'gives ten bindings what they name': async (scene) => {
    const { stage } = scene;
    await stage.until('all are Ready', 20_000, () => untold(stage, [scene.store, ...scene.bindings], READY));
    for (const name of scene.names)
      expect(scene.valueOf(name, 'SHARED'), name).to.equal(scene.valueOf(scene.names[0]!, 'SHARED'));
    expect(scene.valueOf(scene.names[1]!, 'spark.properties')).to.contain(scene.valueOf(scene.names[1]!, 'SHARED'));
    expect(scene.valueOf(scene.names[0]!, 'G_TWO')).to.be.a('string');
  },

  'takes a changed value to all ten Secrets in time': async (scene) => {
    await changed(scene, 'SHARED', { names: scene.names, variable: 'SHARED' });
    expect(scene.valueOf(scene.names[2]!, 'spark.properties')).to.contain(scene.valueOf(scene.names[2]!, 'SHARED'));
  },

  'takes the change of a key to the one binding that has it, and writes no other': async (scene) => {
    const [, ...others] = scene.names;
    const before = scene.writes(others);
    await changed(scene, 'own/K0', { names: scene.names.slice(0, 1), variable: 'OWN' });
    expect(scene.writes(others)).to.deep.equal(before);
  },

  'takes the last one of five quick changes': async (scene) => {
    for (let times = 0; times < 4; times += 1) await scene.backend.put('SHARED', scene.newValue());
    await changed(scene, 'SHARED', { names: scene.names, variable: 'SHARED' });
  },

  'takes quotes, line breaks and all of Unicode as they are': async (scene) => {
    const value = `${scene.newValue()} "'\`\\ $x \${y} %s\nsecond line\ttab é 漢字 😀 \u2215\uff0f`;
    await changed(scene, 'own/K1', { names: scene.names.slice(1, 2), variable: 'OWN', value });
  },

  'tells of a key that is gone, keeps its last value for jobs that run, and holds new ones': async (scene) => {
    const { stage, backend } = scene;
    const name = scene.names[3]!;
    const before = scene.valueOf(name, 'OWN');
    await backend.remove('own/K3');
    const told = { status: 'False', reason: 'KeyNotFound', message: /own\/K3/ } as const;
    await stage.until('it is told', backend.limitMs, () => untold(stage, [scene.subject(name)], told));
    expect(await stage.whyRefused(scene.jobs, name)).to.contain('KeyNotFound');
    expect(scene.valueOf(name, 'OWN')).to.equal(before);
    const rest = scene.bindings.filter((subject) => subject.name !== name);
    await stage.until('the others are Ready', 0, () => untold(stage, [scene.store, ...rest], READY));
    await changed(scene, 'own/K3', { names: [name], variable: 'OWN' });
    await stage.until('it is Ready again', backend.limitMs, () => untold(stage, [scene.subject(name)], READY));
  },

  'takes a new key of a group, and lets go of one that left it': async (scene) => {
    await changed(scene, 'group/THREE', { names: scene.ofGroup, variable: 'G_THREE' });
    await scene.guard.sparing(scene.ofGroup, async () => {
      await scene.backend.remove('group/THREE');
      await scene.stage.until('the variable is gone', scene.backend.limitMs, () =>
        scene.lacking(scene.ofGroup, 'G_THREE', undefined),
      );
    });
    expect(scene.valueOf(scene.names[0]!, 'G_TWO')).to.be.a('string');
  },

  'gives a new binding its values at once': async (scene) => {
    const { stage, backend } = scene;
    await backend.put('late/KEY', scene.newValue());
    await withExtra(scene, 'late/KEY', async (name) => {
      await stage.until('it is Ready', SOON_MS, () => untold(stage, [scene.subject(name)], READY));
    });
  },

  'tells a new binding that its key is not there, and gives it the value once it is': async (scene) => {
    const { stage } = scene;
    await withExtra(scene, 'early/KEY', async (name) => {
      const told = { status: 'False', reason: 'KeyNotFound', message: /early\/KEY/ } as const;
      await stage.until('it is told', SOON_MS, () => untold(stage, [scene.subject(name)], told));
      expect(stage.secrets.get(scene.jobs, `spark-secrets-${name}`)).to.equal(undefined);
      await changed(scene, 'early/KEY', { names: [name], variable: 'VALUE' });
    });
  },

  "puts back what a person does to a binding's Secret": async (scene) => {
    const { stage } = scene;
    const name = scene.names[4]!;
    const [secret, before] = [`spark-secrets-${name}`, scene.valueOf(name, 'OWN')];
    await scene.guard.sparing([name], async () => {
      await stage.put(secretOf(scene.jobs, secret, { OWN: 'written by hand', MORE: 'by hand' }));
      await stage.until('it is put back', SOON_MS, () => scene.lacking([name], 'OWN', before));
      await stage.until('what was added is gone', SOON_MS, () => scene.lacking([name], 'MORE', undefined));
      const uid = stage.secrets.get(scene.jobs, secret)?.metadata.uid;
      await stage.remove(SECRET, scene.jobs, secret);
      await stage.until('it is made anew', SOON_MS, () =>
        stage.secrets.get(scene.jobs, secret)?.metadata.uid === uid
          ? 'it is still there'
          : scene.lacking([name], 'OWN', before),
      );
    });
    await stage.until('it is Ready', SOON_MS, () => untold(stage, [scene.subject(name)], READY));
  },
};

/** The owner of the store changes a value, which must be in those Secrets in time. */
async function changed(
  scene: Scene,
  key: string,
  { names, variable, value = scene.newValue() }: { names: readonly string[]; variable: string; value?: string },
): Promise<void> {
  const { stage, backend } = scene;
  await backend.put(key, value);
  await stage.until(`${key} is changed in ${names.length} Secrets`, backend.limitMs, () =>
    scene.lacking(names, variable, value),
  );
  expect(scene.guard.losses).to.deep.equal([]);
}

/** Runs with one more binding, of one variable, which is removed afterwards. */
export async function withExtra(scene: Scene, key: string, work: (name: string) => Promise<void>): Promise<void> {
  const name = scene.newName();
  scene.guard.spare(name);
  await scene.stage.put(scene.extra(name, { env: [{ name: 'VALUE', key }] }));
  try {
    await work(name);
  } finally {
    await scene.stage.remove(SPARK_JOB_SECRET_BINDING, scene.jobs, name);
  }
}
