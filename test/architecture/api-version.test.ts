import { expect } from 'chai';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { API_VERSION, GROUP, VERSION } from '../../operator/api/group.ts';
import { SECRET, SECRET_STORE_CONFIG, SPARK_JOB_SECRET_BINDING, type Secret } from '../../operator/api/kinds.ts';
import { BindingWorld } from '../support/binding-world.ts';
import { binding, GRANT_ALL, storeConfig } from '../support/objects.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CONSTANT = 'operator/api/group.ts';
/** Types that are generated from the CRDs, and what the page writes for people to copy. */
const MENTIONS = [
  'operator/api/generated/secret-store-config.ts',
  'operator/api/generated/spark-job-secret-binding.ts',
  'operator/console/app/model/binding.ts',
];
/** Versions of External Secrets, which may be called the same. */
const OTHERS = ['cli/migrate/external-secrets/source.ts'];

describe('the version of our API', () => {
  it('is said once: whatever the operator and the command do with objects goes by that constant', async () => {
    const found: string[] = [];
    for await (const path of glob('{operator,cli}/**/*.{ts,tsx}', { cwd: ROOT })) {
      const lines = (await readFile(join(ROOT, path), 'utf8')).split('\n').filter(isVersioned);
      if (lines.length === 0 || OTHERS.includes(path)) continue;
      found.push(path);
      for (const line of lines) expect(line, path).to.contain(path === CONSTANT ? VERSION : API_VERSION);
    }
    expect(found.sort()).to.deep.equal([CONSTANT, ...MENTIONS].sort());
    for (const { version } of [SECRET_STORE_CONFIG, SPARK_JOB_SECRET_BINDING]) expect(version).to.equal(VERSION);
  });

  it('is that of the owners of bindings’ Secrets, also of those that an operator of another version wrote', async () => {
    const world = new BindingWorld();
    await world.store.put('A', '1');
    world.put(storeConfig({ access: GRANT_ALL }));
    world.put(binding({ env: [{ name: 'A', key: 'A' }] }));
    await world.reconcile();
    const secret = (): Secret | undefined => world.cluster.find(SECRET, 'analytics', 'spark-secrets-orders');
    const written = secret()!;
    const [owner] = written.metadata.ownerReferences!;
    expect(owner).to.include({ apiVersion: API_VERSION });
    const ownerReferences = [{ ...owner!, apiVersion: `${GROUP}/v0` }];
    world.cluster.put(SECRET, { ...written, metadata: { ...written.metadata, ownerReferences } });
    await world.reconcile();
    expect(secret()?.metadata.ownerReferences).to.deep.equal([owner]);
    expect(secret()?.data).to.deep.equal(written.data);
    await world.cache.closeAll();
  });
});

function isVersioned(line: string): boolean {
  return line.includes(`${GROUP}/v1`) || /['"`/]v[0-9]+alpha[0-9]+\b/.test(line) || line.includes(`'${VERSION}'`);
}
