import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { NAMESPACE } from '../../operator/api/kinds.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection, type KubeAnswer, type KubeRequest } from '../../operator/runtime/kube-connection.ts';
import { LEASE, LeaderElection, type Lease } from '../../operator/runtime/leader-election.ts';
import { eventually } from '../doubles/eventually.ts';
import { testCluster } from '../support/test-cluster.ts';

/** Keeps `METHOD code` of each answer. */
class RecordingConnection extends KubeConnection {
  readonly answers: string[] = [];

  override async send(request: KubeRequest): Promise<KubeAnswer> {
    const answer = await super.send(request);
    this.answers.push(`${request.method} ${answer.code}`);
    return answer;
  }
}

describe('leader election on a real API server', function () {
  this.timeout(30_000);
  const { signal } = new AbortController();
  const namespace = `leader-election-${randomBytes(4).toString('hex')}`;
  const kubeConfig = new KubeConfig();
  let connection: KubeConnection;
  let client: HttpKubeClient;
  let watched: RecordingConnection;
  let election: LeaderElection;
  let stopped = 0;

  before(async () => {
    kubeConfig.loadFromFile((await testCluster()).kubeconfig);
    connection = new KubeConnection(kubeConfig);
    client = new HttpKubeClient(connection);
    await client.create(NAMESPACE, { metadata: { name: namespace } }, signal);
  });
  after(async () => {
    await client.delete(NAMESPACE, undefined, namespace, { signal });
    await connection.close();
  });

  beforeEach(async () => {
    stopped = 0;
    watched = new RecordingConnection(kubeConfig);
    election = new LeaderElection({
      client: new HttpKubeClient(watched),
      namespace,
      leaseName: 'operator',
      identity: 'a',
      onStartedLeading: () => undefined,
      onStoppedLeading: () => stopped++,
      retryMs: 250,
    });
    election.start();
    await eventually(() => election.leading);
  });
  afterEach(async () => {
    await election.release();
    await watched.close();
    await client.delete(LEASE, namespace, 'operator', { signal });
  });

  const lease = (): Promise<Lease | undefined> => client.get(LEASE, namespace, 'operator', signal);
  /** The answers to the election's requests since the first that is not `PUT 200`, once there are `count` of them. */
  const answersSinceTrouble = async (from: number, count: number): Promise<string[]> => {
    const trouble = (): string[] => {
      const answers = watched.answers.slice(from);
      const first = answers.findIndex((answer) => answer !== 'PUT 200');
      return first < 0 ? [] : answers.slice(first);
    };
    await eventually(() => trouble().length >= count);
    return trouble().slice(0, count);
  };

  it('renews with one request each time', async () => {
    const before = (await lease())?.spec;
    const from = watched.answers.length;
    await eventually(() => watched.answers.length >= from + 3);
    expect(watched.answers.slice(from)).to.deep.equal(['PUT 200', 'PUT 200', 'PUT 200']);
    const after = (await lease())?.spec;
    expect(after?.renewTime).not.to.equal(before?.renewTime);
    expect(after).to.include({ holderIdentity: 'a', acquireTime: before?.acquireTime, leaseTransitions: 0 });
  });

  it('makes its lease anew when that is deleted, and leads on', async () => {
    const from = watched.answers.length;
    await client.delete(LEASE, namespace, 'operator', { signal });
    // Kubernetes would create a Lease by PUT; that it was another one is a conflict.
    expect(await answersSinceTrouble(from, 4)).to.deep.equal(['PUT 409', 'GET 404', 'POST 201', 'PUT 200']);
    expect((await lease())?.spec?.holderIdentity).to.equal('a');
    expect([election.leading, stopped]).to.deep.equal([true, 0]);
  });

  it('stops when another took the lease, and leaves it to that one', async () => {
    const from = watched.answers.length;
    const taken = { holderIdentity: 'thief', leaseDurationSeconds: 60 };
    await client.apply(LEASE, { metadata: { namespace, name: 'operator' }, spec: taken } as Lease, {
      signal,
      force: true,
      fieldManager: 'thief',
    });
    await eventually(() => stopped === 1);
    await election.release();
    expect(await answersSinceTrouble(from, 2)).to.deep.equal(['PUT 409', 'GET 200']);
    expect(watched.answers.at(-1)).to.equal('GET 200');
    expect((await lease())?.spec).to.include(taken);
  });
});
