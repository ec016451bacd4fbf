import { expect } from 'chai';
import { SECRET_STORE_CONFIG, SPARK_JOB_SECRET_BINDING } from '../../../operator/api/kinds.ts';
import type { DatabaseBackend } from './database-backend.ts';
import type { KubernetesBackend } from './kubernetes-backend.ts';
import { lastKnownGood } from './outage.ts';
import type { Scene } from './scene.ts';
import { bindingOf, secretOf, storeOf } from './stage.ts';
import { READY, untold } from './told.ts';
import type { VaultBackend } from './vault-backend.ts';

// What goes wrong with one kind of store only.

/** A store that logs in by itself goes on after every token of it was revoked, and nobody is told of anything. */
export async function revokedLogins(scene: Scene, vault: VaultBackend): Promise<void> {
  const { stage, stores, jobs } = scene;
  await vault.put('approle/KEY', scene.newValue());
  const { spec, secretId } = await vault.withAppRole();
  await stage.put(secretOf(stores, 'approle', { 'secret-id': secretId }));
  const access = [{ namespaces: { matchNames: [jobs] }, keys: ['**'] }];
  await stage.put(storeOf(stores, 'approle', { ...spec, access }));
  const storeRef = { name: 'approle', namespace: stores };
  await stage.put(bindingOf(jobs, 'approle-0', { storeRef, env: [{ name: 'VALUE', key: 'approle/KEY' }] }));
  const all = [{ kind: 'store' as const, namespace: stores, name: 'approle' }, scene.subject('approle-0')];
  try {
    await stage.until('both are Ready', 10_000, () => untold(stage, all, READY));
    const before = await vault.logins();
    await vault.revokeLogins();
    const value = scene.newValue();
    await vault.put('approle/KEY', value);
    await stage.until('the value arrives', vault.limitMs, () => scene.lacking(['approle-0'], 'VALUE', value));
    expect(await vault.logins()).to.be.greaterThan(before);
    await stage.until('both are Ready still', 0, () => untold(stage, all, READY));
  } finally {
    await stage.remove(SPARK_JOB_SECRET_BINDING, jobs, 'approle-0');
    await stage.remove(SECRET_STORE_CONFIG, stores, 'approle');
  }
}

/** Connections that are cut while the database is well are nobody's concern. */
export async function cutConnections(scene: Scene, database: DatabaseBackend): Promise<void> {
  const { stage } = scene;
  for (let times = 0; times < 3; times += 1) {
    expect(await database.cut()).to.be.greaterThan(0);
    const value = scene.newValue();
    await database.put('SHARED', value);
    // The one that listens is made anew; until then a change is found by polling.
    await stage.until('the value arrives', 5_000, () => scene.lacking(scene.names, 'SHARED', value));
    await stage.until('all are well', 5_000, () => untold(stage, [scene.store, ...scene.bindings], READY));
  }
  await database.server.restart();
  const value = scene.newValue();
  await database.put('SHARED', value);
  await stage.until('the value arrives after a restart', 5_000, () => scene.lacking(scene.names, 'SHARED', value));
  await stage.until('all are well', 5_000, () => untold(stage, [scene.store, ...scene.bindings], READY));
  expect(scene.guard.losses).to.deep.equal([]);
}

/** The Secret that a store of type kubernetes consists of is deleted: nothing that was given is taken back. */
export async function lostSecret(scene: Scene, kubernetes: KubernetesBackend): Promise<void> {
  const { stage } = scene;
  const [writes, own] = [scene.writes(), scene.names.map((name) => scene.valueOf(name, 'SHARED'))];
  await kubernetes.removeSecret();
  try {
    // Those of its groups are still there.
    const told = { status: 'True', message: /Secret iomete-secret-store .* is not there itself/ } as const;
    await stage.until('the store tells of it', 10_000, () => untold(stage, [scene.store], told));
    const missing = { status: 'False', reason: 'KeyNotFound', message: /has no SHARED/ } as const;
    await stage.until('all bindings tell of it', 10_000, () => untold(stage, scene.bindings, missing));
    expect(scene.names.map((name) => scene.valueOf(name, 'SHARED'))).to.deep.equal(own);
    expect(scene.writes()).to.deep.equal(writes);
  } finally {
    await kubernetes.write();
  }
  await stage.until('all are well again', 5_000, () => untold(stage, [scene.store, ...scene.bindings], READY));
  await lastKnownGood(scene);
  expect(scene.guard.losses).to.deep.equal([]);
}
