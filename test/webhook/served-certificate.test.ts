import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import type { KeyPair } from '../../operator/webhook/certificates.ts';
import type { Certificate } from '../../operator/webhook/certificate-view.ts';
import { PATIENCE_MS, ServedCertificate, SETTLE_MS } from '../../operator/webhook/served-certificate.ts';
import { createLogger } from '../../operator/telemetry/logger.ts';

const NAMES = ['svc.operator.svc'];
const START = new Date('2026-06-01T00:00:00Z');
const DAY = 86_400_000;

describe('which certificate a replica serves', () => {
  let first: KeyPair;
  let second: KeyPair;
  before(async () => {
    [first, second] = [await createAuthority(START), await createAuthority(START)];
  });

  let now: Date;
  let present: Certificate | undefined;
  let trusted: readonly string[];
  let served: string[];
  let replica: ServedCertificate;

  beforeEach(() => {
    [now, present, trusted, served] = [START, undefined, [], []];
    replica = startReplica({});
  });

  function startReplica(waits: { readonly settleMs?: number; readonly patienceMs?: number }): ServedCertificate {
    return new ServedCertificate({
      view: {
        get certificate() {
          return present;
        },
        problem: 'it is not there',
      },
      trusted: () => trusted,
      serve: (chain) => served.push(chain),
      logger: createLogger({ level: 'fatal' }),
      now: () => now,
      ...waits,
    });
  }

  /** The Secret has a certificate of this authority now. */
  async function given(by: KeyPair, also: readonly KeyPair[] = []): Promise<Certificate> {
    const { cert: chain, key } = await createServing(by, NAMES, now);
    present = { chain, key, authorities: [by.cert, ...also.map(({ cert }) => cert)] };
    replica.look();
    return present;
  }

  function pass(ms: number): void {
    now = new Date(now.getTime() + ms);
    replica.look();
  }

  it('is the first one at once, where nobody says whom to trust', async () => {
    const { chain } = await given(first);
    expect(served).to.deep.equal([chain]);
    replica.look();
    expect(served).to.have.length(1);
  });

  it('is a renewed one at once', async () => {
    trusted = [first.cert];
    await given(first);
    const { chain } = await given(first);
    expect(served.at(-1)).to.equal(chain);
  });

  it('is one of the next authority at once, when that was announced before', async () => {
    trusted = [first.cert, second.cert];
    const { chain } = await given(first);
    // As the Secret of the operator's own authority goes: first it has the next one beside the same certificate.
    present = { ...present!, authorities: [first.cert, second.cert] };
    replica.look();
    expect(served).to.deep.equal([chain]);
    const next = await given(second, [first]);
    expect(served).to.deep.equal([chain, next.chain]);
  });

  it('is one of a new authority when the API server had time to trust it, and until then the one before', async () => {
    trusted = [first.cert];
    const before = await given(first);
    const next = await given(second);
    pass(DAY);
    expect(served).to.deep.equal([before.chain]);
    trusted = [second.cert, first.cert];
    pass(0);
    pass(SETTLE_MS - 1);
    expect(served).to.deep.equal([before.chain]);
    pass(1);
    expect(served).to.deep.equal([before.chain, next.chain]);
  });

  it('is one of a new authority at last, trusted or not, when the one before has ended', async () => {
    trusted = [first.cert];
    await given(first);
    const next = await given(second);
    pass(90 * DAY);
    expect(served.at(-1)).to.equal(next.chain);
  });

  it('is the first one after some seconds, when nobody comes to trust it', async () => {
    trusted = [second.cert];
    const { chain } = await given(first);
    pass(PATIENCE_MS - 1);
    expect(served).to.deep.equal([]);
    pass(1);
    expect(served).to.deep.equal([chain]);
  });

  it('is the first one as soon as it is trusted', async () => {
    trusted = [second.cert];
    const { chain } = await given(first);
    trusted = [first.cert, second.cert];
    replica.look();
    expect(served).to.deep.equal([chain]);
  });

  it('comes by itself when its time has come', async () => {
    trusted = [second.cert];
    now = new Date();
    replica = startReplica({ patienceMs: 20 });
    const { chain } = await given(first);
    for (let waited = 0; served.length === 0 && waited < 2_000; waited += 10) {
      await sleep(10);
      now = new Date();
    }
    expect(served).to.deep.equal([chain]);
  });

  it('is told to pods with all who may sign it, now or soon, each once', async () => {
    expect(replica.authorities).to.deep.equal([]);
    trusted = [first.cert];
    await given(first);
    expect(replica.authorities).to.deep.equal([first.cert]);
    await given(second);
    expect(replica.authorities).to.deep.equal([second.cert, first.cert]);
    expect(replica.authorities).to.equal(replica.authorities);
  });
});
