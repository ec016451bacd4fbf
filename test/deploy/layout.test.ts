import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { clusterLock, stateFolder, visible } from '../../deploy/local/layout.ts';

describe('the folders of a local cluster', () => {
  it('may not lie where a cluster has its own, by whatever path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'layout-test-'));
    try {
      await symlink('/var/lib', join(folder, 'link'));
      const hidden = ['/run', '/var/log/a', '/var/run/not-there/yet', join(folder, 'link', 'cache')];
      for (const path of hidden) {
        expect(() => visible(path, 'SPARK_SECRETS_CACHE'), path).to.throw(
          'set SPARK_SECRETS_CACHE to a folder outside of',
        );
      }
      for (const path of [folder, '/var/libs', '/']) expect(visible(path, 'TMPDIR')).to.equal(path);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('have their lock beside them: who has the same state waits, whatever his cache', () => {
    expect(clusterLock('a')).to.equal(`${stateFolder('a')}.lock`);
  });
});
