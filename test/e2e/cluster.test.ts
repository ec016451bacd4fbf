import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { cgroupFolders } from '../../deploy/local/cgroups.ts';
import { openCluster } from '../../deploy/local/cluster.ts';
import { cgroupName, stateFolder } from '../../deploy/local/layout.ts';
import { findLinks } from '../../deploy/local/link.ts';
import { down, findRunning } from '../../deploy/local/local-cluster.ts';
import { findHolders } from '../../deploy/local/namespaces.ts';
import { pauseImage } from '../../deploy/local/pause-image.ts';
import { waitUntil } from '../../deploy/local/progress.ts';
import { run } from '../../deploy/local/run.ts';

describe('a local cluster', function () {
  this.timeout(900_000);
  const name = `test-${randomBytes(3).toString('hex')}`;
  afterEach(() => down(name));

  it('runs a pod, and leaves nothing behind when its first process is killed and it is taken down', async () => {
    const before = await hostState();
    const cluster = await openCluster({ name });
    const { name: image } = await pauseImage();
    await cluster.kubectl(['run', 'waiting', `--image=${image}`, '--image-pull-policy=Never']);
    await cluster.kubectl(['wait', 'pod/waiting', '--for=condition=Ready', '--timeout=60s']);
    expect(await findLinks(stateFolder(name))).to.have.length(1);
    expect(await cgroupFolders(cgroupName(name))).not.to.deep.equal([]);
    const members = await processesOf(name);
    expect(members.length).to.be.greaterThan(8);

    process.kill((await findRunning(name))!.pid, 'SIGKILL');
    await waitUntil('the cluster is down', 30_000, async () => (await findRunning(name)) === undefined);
    await down(name);

    expect(await findHolders(stateFolder(name))).to.deep.equal({ outer: [], inner: [] });
    expect(members.filter((pid) => existsSync(`/proc/${pid}`))).to.deep.equal([]);
    expect(await findLinks(stateFolder(name))).to.deep.equal([]);
    expect(await cgroupFolders(cgroupName(name))).to.deep.equal([]);
    expect(existsSync(stateFolder(name))).to.equal(false);
    expect(await hostState()).to.deep.equal(before);
  });
});

/** What a cluster must not change on its host. Other clusters may come and go meanwhile: their links are left out. */
async function hostState(): Promise<Record<string, unknown>> {
  const tables = await run('iptables-save', []);
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const kernel = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'];
  const folders = ['/opt', '/var/lib', '/var/log', '/run', '/etc/cni', '/usr/libexec'];
  return {
    // Counters and times are not rules.
    rules: tables.split('\n').filter((line) => line.startsWith('-')),
    mounts: mounts.split('\n').filter((line) => line.includes('spark-secrets')),
    kernel: await Promise.all(kernel.map((setting) => readFile(`/proc/sys/${setting}`, 'utf8'))),
    folders: await Promise.all(folders.map((folder) => readdir(folder).catch(() => 'absent'))),
  };
}

/** The processes in the process namespace of a cluster, as the host numbers them. */
async function processesOf(name: string): Promise<number[]> {
  const namespaceOf = async (pid: number | string): Promise<string> => {
    return readlink(`/proc/${pid}/ns/pid`).catch(() => '');
  };
  const wanted = await namespaceOf((await findRunning(name))!.pid);
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(pids.map(async (pid) => ((await namespaceOf(pid)) === wanted ? [Number(pid)] : [])));
  return found.flat();
}
