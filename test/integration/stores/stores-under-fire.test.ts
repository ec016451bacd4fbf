import { expect } from 'chai';
import { canary } from '../../e2e/support/canary.ts';
import type { Backend } from './backend.ts';
import { CHANGES } from './changes.ts';
import { ConcurrentSteps, type Step } from './concurrent-steps.ts';
import { DatabaseBackend } from './database-backend.ts';
import { duringOutage, restartedAmid, revealedIn, swappedRow, writesInAWhile } from './aftermath.ts';
import { cutConnections, lostSecret, revokedLogins } from './mishaps.ts';
import { KubernetesBackend } from './kubernetes-backend.ts';
import { type Outage, suffer } from './outage.ts';
import { DATABASE_OUTAGES, revokedToken, VAULT_OUTAGES, WAY_OUTAGES } from './outages.ts';
import { Scene } from './scene.ts';
import { rewrapCommand, rotateKek } from './rewrapping.ts';
import { Stage } from './stage.ts';
import { READY, untold } from './told.ts';
import { VaultBackend } from './vault-backend.ts';

const REVOKED = 'has its token revoked, and gets a new one';
const APPROLE = 'is logged in to again after all of its tokens were revoked';
const CUT = 'has its connections cut or is restarted, and goes on';
const LOST = 'loses its Secret, and keeps every value that it gave';

describe('the stores under fire', function () {
  this.timeout(240_000);
  const word = canary();
  const steps = new ConcurrentSteps();
  let stage: Stage;
  let vault: VaultBackend;
  /** Another one, that fails while the first one does other things. */
  let production: VaultBackend;
  let database: DatabaseBackend;
  let scenes: readonly Scene[];

  before(async () => {
    stage = await Stage.open();
    [vault, production, database] = await Promise.all([
      VaultBackend.start('vault'),
      VaultBackend.start('openbao'),
      DatabaseBackend.start(),
    ]);
    const [stores, jobs] = await Promise.all([stage.namespace('stores'), stage.namespace('jobs')]);
    const kubernetes = new KubernetesBackend(stage, stores);
    const sceneOf = (backend: Backend): Scene => new Scene({ stage, stores, jobs, word }, backend);
    const on = {
      vault: sceneOf(vault),
      database: sceneOf(database),
      kubernetes: sceneOf(kubernetes),
      openbao: sceneOf(production),
    };
    scenes = Object.values(on);
    await Promise.all(scenes.map((scene) => scene.declare()));
    const all = scenes.flatMap((scene) => [scene.store, ...scene.bindings]);
    await stage.until('all are Ready', 30_000, () => untold(stage, all, READY));
    steps.start({
      vault: [
        ...changesOf(on.vault),
        { sentence: APPROLE, work: () => revokedLogins(on.vault, vault) },
        { sentence: REVOKED, work: () => suffer(on.vault, revokedToken(on.vault, vault)) },
        ...outagesOf(on.vault, WAY_OUTAGES, vault),
      ],
      openbao: outagesOf(on.openbao, VAULT_OUTAGES, production),
      database: [
        ...changesOf(on.database),
        { sentence: CUT, work: () => cutConnections(on.database, database) },
        ...outagesOf(on.database, DATABASE_OUTAGES, database),
      ],
      kubernetes: [...changesOf(on.kubernetes), { sentence: LOST, work: () => lostSecret(on.kubernetes, kubernetes) }],
    });
  });

  after(async () => {
    await stage.close();
    await Promise.all([vault.stop(), production.stop(), database.stop()]);
  });

  for (const [name, sentences] of Object.entries({
    vault: [...Object.keys(CHANGES), APPROLE, REVOKED, ...Object.keys(WAY_OUTAGES)],
    openbao: Object.keys(VAULT_OUTAGES),
    database: [...Object.keys(CHANGES), CUT, ...Object.keys(DATABASE_OUTAGES)],
    kubernetes: [...Object.keys(CHANGES), LOST],
  }))
    describe(`the store ${name}`, () => {
      for (const sentence of sentences) it(sentence, () => steps.outcome(name, sentence));
    });

  describe('all of them together', () => {
    const failing = {
      begin: async () => {
        vault.server.pause();
        await database.server.stop();
      },
      end: async () => {
        vault.server.resume();
        await database.server.restart();
      },
    };

    it('cause no write while nothing changes', async () => {
      expect(await writesInAWhile(scenes)).to.deep.equal({});
    });

    it('cause no write either while an outage lasts, and survive a restart of the operator amid of it', async () => {
      const failed = scenes.slice(0, 2);
      await duringOutage(failed, failing, async () => {
        expect(await writesInAWhile(failed)).to.deep.equal({});
        await restartedAmid(failed);
      });
    });

    it('keep every value through a change of the key-encryption key by the command rewrap', async () => {
      await rotateKek(scenes[1]!, database, word);
    });

    it('tell of a row that was copied over another one for the binding of that key alone', async () => {
      await swappedRow(scenes[1]!, database);
    });

    it('are refused by the command rewrap when they have no data keys, or are not there', async () => {
      const vaultStore = await rewrapCommand(stage, `${scenes[0]!.stores}/vault`);
      expect(vaultStore)
        .to.include({ code: 2 })
        .and.to.have.property('said')
        .that.contains('only database has data keys');
      const none = await rewrapCommand(stage, `${scenes[0]!.stores}/none`);
      expect(none).to.include({ code: 2 }).and.to.have.property('said').that.contains('there is no SecretStoreConfig');
      const usage = await rewrapCommand(stage);
      expect(usage).to.include({ code: 2 }).and.to.have.property('said').that.contains('usage: rewrap NAMESPACE/STORE');
    });

    it('showed no value anywhere: not in a log, an event, a status, the audit log or a dump of the table', async () => {
      expect(await revealedIn(stage, scenes, word)).to.deep.equal([]);
    });
  });
});

function changesOf(scene: Scene): Step[] {
  return Object.entries(CHANGES).map(([sentence, change]) => ({ sentence, work: () => change(scene) }));
}

function outagesOf<B>(scene: Scene, outages: Readonly<Record<string, (backend: B) => Outage>>, backend: B): Step[] {
  return Object.entries(outages).map(([sentence, outage]) => ({
    sentence,
    work: () => suffer(scene, outage(backend)),
  }));
}
