import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { insideCommand } from '../../deploy/local/cluster.ts';
import { layoutOf } from '../../deploy/local/layout.ts';
import { endedComponents, nodeEnvironment } from '../../deploy/local/node.ts';

describe('the node of a local cluster', () => {
  const subnet = { index: 0, hostAddress: '10.98.0.1', nodeAddress: '10.98.0.2' };
  const layout = layoutOf('a', subnet);

  it("is asked without the user's settings of kubectl, and nothing of it stays in the user's home", () => {
    const kubectl = { KUBERC: 'off', KUBECACHEDIR: join(layout.state, 'kube-cache') };
    expect(nodeEnvironment(layout, [])).to.include(kubectl);
    expect(insideCommand({ layout, pid: 1, programs: [] }, ['true'])[1]).to.include(kubectl);
  });

  it('tells which parts have ended', async () => {
    const state = await mkdtemp(join(tmpdir(), 'node-test-'));
    try {
      expect(await endedComponents(state)).to.deep.equal([]);
      await mkdir(join(state, 'exited'));
      await writeFile(join(state, 'exited', 'etcd'), '137\n');
      expect(await endedComponents(state)).to.deep.equal(['etcd (137)']);
    } finally {
      await rm(state, { recursive: true });
    }
  });
});
