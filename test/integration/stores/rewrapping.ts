import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withExtra } from './changes.ts';
import { type DatabaseBackend, newKek } from './database-backend.ts';
import type { Scene } from './scene.ts';
import { type Stage, storeOf } from './stage.ts';
import { READY, untold } from './told.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'operator', 'main.ts');
const LIMIT_MS = 30_000;

/** How a command ended, and what it said. */
interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Runs `rewrap` as a person does who has a kubeconfig. */
export async function rewrapCommand({ cluster }: Stage, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'rewrap', ...args], {
    env: { PATH: process.env['PATH'], KUBECONFIG: cluster.kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

/** The whole rotation of a key-encryption key, as the CRD tells to do it. `word` stands in every value. */
export async function rotateKek(scene: Scene, database: DatabaseBackend, word: string): Promise<void> {
  const { stage, stores } = scene;
  const title = `${stores}/${scene.backend.name}`;
  const [one, two] = [database.secrets['database-kek']?.['one'] ?? '', newKek()];
  await database.put('unread/AFTER', scene.newValue());
  const use = async (keks: Record<string, string>, refreshInterval = '5s'): Promise<void> => {
    await database.sealWith('two', keks);
    await scene.putSecrets();
    const access = [{ namespaces: { matchNames: [scene.jobs] }, keys: ['**'] }];
    await stage.put(storeOf(stores, scene.backend.name, { ...database.spec, access, refreshInterval }));
  };

  // Without the old key nothing can be done: it says what is left, and no harm is done.
  await use({ two });
  const early = await rewrapCommand(stage, title);
  expect(early, early.said).to.include({ code: 1 });
  expect(early.said).to.match(/SHARED, version \d+: no key of the Secret opens it/);
  expect(early.said).to.match(/Done: 0 data keys sealed anew, \d+ could not be opened/);

  await use({ one, two });
  const rewrapped = await rewrapCommand(stage, title);
  expect(rewrapped, rewrapped.said).to.include({ code: 0 });
  expect(rewrapped.said).to.match(/Done: [1-9]\d* data keys sealed anew, 0 could not be opened/);
  const again = await rewrapCommand(stage, title);
  expect(again, again.said).to.include({ code: 0 });
  expect(again.said).to.contain('Done: 0 data keys sealed anew, 0 could not be opened');
  expect(early.said + rewrapped.said + again.said).not.to.contain(word);

  const writes = scene.writes();
  // Another interval makes another connection, which knows no key of before.
  await use({ two }, '6s');
  await withExtra(scene, 'unread/AFTER', async (name) => {
    const all = [scene.store, ...scene.bindings, scene.subject(name)];
    await stage.until('all are Ready with the new key alone', 10_000, () => untold(stage, all, READY));
  });
  expect(scene.writes()).to.deep.equal(writes);
}
