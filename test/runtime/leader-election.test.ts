import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import {
  LEASE,
  LeaderElection,
  type LeaderElectionOptions,
  type Lease,
} from '../../operator/runtime/leader-election.ts';
import { ApiServer } from '../doubles/api-server.ts';
import { eventually } from '../doubles/eventually.ts';

const LEASES = '/apis/coordination.k8s.io/v1/leases';
const { signal } = new AbortController();

/** One candidate with its own connection, so that it can be cut off alone. */
class Candidate {
  readonly election: LeaderElection;
  readonly connection: KubeConnection;
  started = 0;
  stopped = 0;

  constructor(api: ApiServer, identity: string, options: Partial<LeaderElectionOptions> = {}) {
    this.connection = new KubeConnection(api.kubeConfig());
    this.election = new LeaderElection({
      client: new HttpKubeClient(this.connection),
      namespace: 'system',
      leaseName: 'operator',
      identity,
      onStartedLeading: () => this.started++,
      onStoppedLeading: () => this.stopped++,
      leaseMs: 1_000,
      renewDeadlineMs: 800,
      retryMs: 50,
      ...options,
    });
    this.election.start();
  }
}

describe('leader election', () => {
  let api: ApiServer;
  let client: HttpKubeClient;
  let candidates: Candidate[];
  const candidate = (identity: string, options: Partial<LeaderElectionOptions> = {}): Candidate => {
    const made = new Candidate(api, identity, options);
    candidates.push(made);
    return made;
  };
  const lease = async (): Promise<Lease> => (await client.get(LEASE, 'system', 'operator', signal))!;
  const stored = (): Lease | undefined => api.store.get(LEASES, 'system', 'operator');
  /** The methods of the requests since the `from`th, once there are `count` of them. */
  const methodsSince = async (from: number, count: number): Promise<string[]> => {
    await eventually(() => api.requests.length >= from + count);
    return api.requests.slice(from, from + count).map((request) => request.split(' ')[0] ?? '');
  };
  /** Waits until a write was served: the next is a whole pause away. Returns how many requests there were by then. */
  const betweenRenewals = async (): Promise<number> => {
    const before = stored()?.metadata.resourceVersion;
    await eventually(() => stored()?.metadata.resourceVersion !== before);
    return api.requests.length;
  };
  const leads = ({ election }: Candidate) => eventually(() => election.leading);

  beforeEach(async () => {
    candidates = [];
    api = new ApiServer();
    await api.start();
    client = new HttpKubeClient(new KubeConnection(api.kubeConfig()));
  });
  afterEach(async () => {
    api.faults.length = 0;
    await Promise.all(candidates.map(({ election }) => election.release()));
    await Promise.all(candidates.map(({ connection }) => connection.close()));
    await api.stop();
  });

  it('makes exactly one of several the leader', async () => {
    const all = ['a', 'b', 'c'].map((identity) => candidate(identity));
    await eventually(() => all.some(({ election }) => election.leading));
    await sleep(300);
    expect(all.filter(({ election }) => election.leading)).to.have.length(1);
    expect(all.map(({ started }) => started).reduce((sum, started) => sum + started)).to.equal(1);
    const [first] = all;
    await eventually(() => first?.election.leader !== undefined);
    expect((await lease()).spec?.holderIdentity).to.equal(first?.election.leader);
  });

  it('writes a lease as Kubernetes wants it, and keeps its beginning when it renews', async () => {
    await leads(candidate('a'));
    const before = (await lease()).spec!;
    await sleep(120);
    const after = (await lease()).spec!;
    expect(after).to.include({ holderIdentity: 'a', leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(after.renewTime).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(after.acquireTime).to.equal(before.acquireTime);
    expect(after.renewTime! > before.renewTime!).to.be.true;
  });

  it('gives the lease back on release, so that the next one follows at once', async () => {
    const first = candidate('a');
    await leads(first);
    const second = candidate('b');
    await sleep(80);
    const releasedAt = performance.now();
    await first.election.release();
    expect((await lease()).spec?.holderIdentity).to.equal('');
    expect(first.stopped).to.equal(0);
    await leads(second);
    expect(performance.now() - releasedAt).to.be.below(800);
    expect((await lease()).spec).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('lets another take over from a leader that crashed, when its lease is over and not before', async () => {
    const first = candidate('a');
    await leads(first);
    await first.connection.close();
    const crashedAt = performance.now();
    const second = candidate('b');
    await leads(second);
    expect(performance.now() - crashedAt).to.be.at.least(900);
  });

  it('waits for as long as the lease of another says, whatever its own times are', async () => {
    const spec = { holderIdentity: 'other', leaseDurationSeconds: 2 };
    api.store.put(LEASES, { metadata: { namespace: 'system', name: 'operator' }, spec });
    const startedAt = performance.now();
    await leads(candidate('a'));
    expect(performance.now() - startedAt).to.be.at.least(1_900);
  });

  it('stops a leader that cannot renew within its deadline, before another starts', async () => {
    for (const fault of [{ code: 500 }, { act: 'hang' }] as const) {
      api.faults.length = 0;
      const first = candidate(`a-${JSON.stringify(fault)}`);
      await leads(first);
      api.faults.push(fault);
      const failedAt = performance.now();
      await eventually(() => first.stopped === 1);
      expect(performance.now() - failedAt).to.be.below(1_000);
      expect(first.election.leading).to.be.false;
      api.faults.length = 0;
      await first.election.release();
      await client.delete(LEASE, 'system', 'operator', { signal });
    }
  });

  it('survives a short outage without giving up', async () => {
    const first = candidate('a');
    await leads(first);
    api.faults.push({ code: 503, times: 3 });
    await sleep(600);
    expect(first.election.leading).to.be.true;
    expect(first.stopped).to.equal(0);
  });

  it('stops at once when another holds the lease', async () => {
    const first = candidate('a', { leaseMs: 10_000, renewDeadlineMs: 9_000 });
    await leads(first);
    const from = await betweenRenewals();
    const spec = { ...stored()?.spec, holderIdentity: 'thief' };
    api.store.put(LEASES, { metadata: { namespace: 'system', name: 'operator' }, spec });
    await eventually(() => first.stopped === 1);
    await first.election.release();
    expect(stored()?.spec?.holderIdentity).to.equal('thief');
    expect(await methodsSince(from, api.requests.length - from)).to.deep.equal(['PUT', 'GET']);
  });

  it('takes no part any more once it has stopped, also when nobody leads', async () => {
    const first = candidate('a');
    await leads(first);
    api.store.put(LEASES, {
      metadata: { namespace: 'system', name: 'operator' },
      spec: { ...stored()?.spec, holderIdentity: 'thief' },
    });
    await eventually(() => first.stopped === 1);
    await client.delete(LEASE, 'system', 'operator', { signal });
    await sleep(200);
    expect([first.started, first.stopped, first.election.leading, stored()]).to.deep.equal([1, 1, false, undefined]);
  });

  describe('a leader that renews', () => {
    let errors: unknown[];
    let first: Candidate;
    beforeEach(async () => {
      errors = [];
      first = candidate('a', { onError: (error) => errors.push(error) });
      await leads(first);
    });
    const stillLeads = (): void => {
      expect(first.election.leading).to.be.true;
      expect([first.started, first.stopped]).to.deep.equal([1, 0]);
    };

    it('sends one request each time', async () => {
      const from = await betweenRenewals();
      const before = stored()?.spec?.renewTime;
      expect(await methodsSince(from, 5)).to.deep.equal(Array(5).fill('PUT'));
      expect(stored()?.spec?.renewTime).not.to.equal(before);
      stillLeads();
    });

    it('looks when somebody else wrote, and goes on if the lease is still its own', async () => {
      const from = await betweenRenewals();
      const { metadata, spec } = stored()!;
      api.store.put(LEASES, { metadata: { ...metadata, annotations: { note: 'kept' } }, spec });
      expect(await methodsSince(from, 4)).to.deep.equal(['PUT', 'GET', 'PUT', 'PUT']);
      await eventually(() => stored()?.spec?.renewTime !== spec?.renewTime);
      expect(stored()?.metadata.annotations).to.deep.equal({ note: 'kept' });
      expect(stored()?.spec).to.include({ holderIdentity: 'a', leaseTransitions: 0, acquireTime: spec?.acquireTime });
      stillLeads();
      expect(errors).to.deep.equal([]);
    });

    // 409 is what Kubernetes answers, as it would create a Lease by PUT if the one that was meant were not another.
    for (const code of [404, 409]) {
      it(`makes a lease that was deleted anew, when its write is answered ${code}`, async () => {
        const from = await betweenRenewals();
        const body = { kind: 'Status', reason: code === 409 ? 'Conflict' : 'NotFound', code };
        api.faults.push({ method: 'PUT', times: 1, code, body });
        api.store.delete(LEASES, 'system', 'operator');
        expect(await methodsSince(from, 4)).to.deep.equal(['PUT', 'GET', 'POST', 'PUT']);
        expect(stored()?.spec?.holderIdentity).to.equal('a');
        stillLeads();
        expect(errors).to.deep.equal([]);
      });
    }

    it('stops when its lease was deleted and another made one', async () => {
      api.store.delete(LEASES, 'system', 'operator');
      const spec = { holderIdentity: 'thief', leaseDurationSeconds: 60 };
      api.store.put(LEASES, { metadata: { namespace: 'system', name: 'operator' }, spec });
      await eventually(() => first.stopped === 1);
      expect(stored()?.spec).to.deep.equal(spec);
    });

    for (const fault of [{ code: 500 }, { act: 'reset' }] as const) {
      it(`looks first after a write whose end it does not know: ${JSON.stringify(fault)}`, async () => {
        const from = await betweenRenewals();
        api.faults.push({ method: 'PUT', times: 1, ...fault });
        expect(await methodsSince(from, 4)).to.deep.equal(['PUT', 'GET', 'PUT', 'PUT']);
        stillLeads();
        expect(errors).to.have.length(1);
      });
    }
  });

  for (const [clock, renewTime] of Object.entries({
    'an hour behind ours': '2000-01-01T00:00:00.000000Z',
    'an hour ahead of ours': '2999-01-01T00:00:00.000000Z',
  })) {
    it(`judges a lease by our own clock, when its holder's is ${clock}`, async () => {
      const spec = { holderIdentity: 'old', leaseDurationSeconds: 1, renewTime, acquireTime: renewTime };
      api.store.put(LEASES, { metadata: { namespace: 'system', name: 'operator' }, spec });
      const startedAt = performance.now();
      await leads(candidate('a'));
      expect(performance.now() - startedAt).to.be.at.least(950);
    });
  }

  it('takes a race that was lost for lost', async () => {
    const spec = { leaseDurationSeconds: 1 };
    api.store.put(LEASES, { metadata: { namespace: 'system', name: 'operator' }, spec });
    api.faults.push({ method: 'PUT', times: 1, code: 409, body: { kind: 'Status', reason: 'Conflict', code: 409 } });
    const errors: unknown[] = [];
    const first = candidate('a', { onError: (error) => errors.push(error) });
    await eventually(() => api.count(/^PUT/) === 1);
    expect(first.election.leading).to.be.false;
    await leads(first);
    expect(errors).to.deep.equal([]);
  });

  it('refuses times that would let two lead', () => {
    expect(() => candidate('a', { renewDeadlineMs: 1_000 })).to.throw(/renewDeadlineMs < leaseMs/);
  });
});
