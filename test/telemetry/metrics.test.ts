import { expect } from 'chai';
import { Metrics } from '../../operator/telemetry/metrics.ts';

/** The lines of ours without comments and zero buckets. */
async function figures(metrics: Metrics): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith('spark_secrets_') && !line.includes('_bucket'));
}

describe('metrics', () => {
  it('count reconciles by controller and outcome, with their seconds', async () => {
    const metrics = new Metrics();
    metrics.reconciled('binding', 'success', 20);
    metrics.reconciled('binding', 'error', 480);
    const text = await metrics.text();
    expect(await figures(metrics)).to.include.members([
      'spark_secrets_reconcile_duration_seconds_sum{controller="binding"} 0.5',
      'spark_secrets_reconcile_duration_seconds_count{controller="binding"} 2',
      'spark_secrets_reconcile_total{controller="binding",outcome="success"} 1',
      'spark_secrets_reconcile_total{controller="binding",outcome="error"} 1',
    ]);
    expect(text).to.contain('spark_secrets_reconcile_duration_seconds_bucket{le="0.025",controller="binding"} 1');
  });

  it('count pods that miss their secrets, from zero on', async () => {
    const metrics = new Metrics();
    expect(await figures(metrics)).to.include('spark_secrets_missed_injections_total 0');
    metrics.missedInjection();
    expect(await figures(metrics)).to.include('spark_secrets_missed_injections_total 1');
  });

  it('ask for the depth of queues when they are read', async () => {
    const metrics = new Metrics();
    let depth = 3;
    metrics.watchQueue('store', () => depth);
    expect(await figures(metrics)).to.include('spark_secrets_queue_depth{controller="store"} 3');
    depth = 0;
    expect(await figures(metrics)).to.include('spark_secrets_queue_depth{controller="store"} 0');
  });

  describe('of stores', () => {
    const vault = { namespace: 'iomete-system', store: 'default', type: 'vault' };
    const other = { namespace: 'iomete-system', store: 'other', type: 'vault' };
    const labels = 'namespace="iomete-system",store="default",type="vault"';

    it('count requests by store, operation and outcome, until the store is gone', async () => {
      const metrics = new Metrics();
      metrics.storeRequest(vault, 'readMany', 'success');
      metrics.storeRequest(vault, 'readMany', 'success');
      metrics.storeRequest(vault, 'ping', 'error');
      metrics.storeRequest(other, 'list', 'success');
      expect(await figures(metrics)).to.include.members([
        `spark_secrets_store_requests_total{${labels},operation="readMany",outcome="success"} 2`,
        `spark_secrets_store_requests_total{${labels},operation="ping",outcome="error"} 1`,
      ]);
      metrics.forgetStore('iomete-system', 'default');
      const requests = (await figures(metrics)).filter((line) => line.includes('store_requests'));
      expect(requests).to.deep.equal([
        `spark_secrets_store_requests_total{${labels.replace('default', 'other')},operation="list",outcome="success"} 1`,
      ]);
    });

    it('say at each scrape which answer, and how old the last answer is', async () => {
      const metrics = new Metrics();
      let stores = [
        { ...vault, isWell: false, lastGood: new Date(Date.now() - 60_000) },
        { ...other, isWell: true, lastGood: undefined },
      ];
      metrics.watchStores(() => stores);
      const lines = await figures(metrics);
      expect(lines).to.include.members([
        `spark_secrets_store_up{${labels}} 0`,
        `spark_secrets_store_up{${labels.replace('default', 'other')}} 1`,
      ]);
      const ages = lines.filter((line) => line.includes('last_answer_age_seconds'));
      expect(ages).to.have.length(1);
      expect(Number(ages[0]!.split(' ')[1])).to.be.within(60, 61);
      stores = [];
      expect((await figures(metrics)).join()).not.to.include('store_up');
    });
  });

  it('say of each namespace of a list whether it can be read', async () => {
    const metrics = new Metrics();
    expect((await figures(metrics)).join()).not.to.include('namespace_readable{');
    metrics.watchNamespaces(() => [
      { namespace: 'analytics', isReadable: true },
      { namespace: 'late', isReadable: false },
    ]);
    expect(await figures(metrics)).to.include.members([
      'spark_secrets_namespace_readable{namespace="analytics"} 1',
      'spark_secrets_namespace_readable{namespace="late"} 0',
    ]);
  });

  it('count injections and measure admissions from 1 ms to 10 s', async () => {
    const metrics = new Metrics();
    metrics.admitted('patched', 0.5);
    metrics.admitted('denied', 3000);
    expect(await figures(metrics)).to.include.members([
      'spark_secrets_injections_total{outcome="patched"} 1',
      'spark_secrets_injections_total{outcome="denied"} 1',
      'spark_secrets_admission_duration_seconds_count 2',
    ]);
    const buckets = (await metrics.text()).match(/admission_duration_seconds_bucket\{le="[^"]+"\}/g) ?? [];
    expect([buckets[0], buckets.at(-2)]).to.deep.equal([
      'admission_duration_seconds_bucket{le="0.001"}',
      'admission_duration_seconds_bucket{le="10"}',
    ]);
  });

  it('show bindings by readiness, who leads, and how long the certificate lasts', async () => {
    const metrics = new Metrics();
    expect((await figures(metrics)).join('\n')).not.to.contain('certificate_expiry_seconds{');
    metrics.setBindings({ ready: 12, notReady: 1 });
    metrics.setLeader(true);
    metrics.setCertificateEnd(new Date(Date.now() + 100_000));
    const lines = await figures(metrics);
    expect(lines).to.include.members([
      'spark_secrets_bindings{ready="true"} 12',
      'spark_secrets_bindings{ready="false"} 1',
      'spark_secrets_leader 1',
    ]);
    const left = lines.find((line) => line.startsWith('spark_secrets_certificate_expiry_seconds'))?.split(' ')[1];
    expect(Number(left)).to.be.within(99, 100);
  });

  it('are apart from those of another instance, and hold those of the process', async () => {
    const [one, two] = [new Metrics(), new Metrics()];
    one.setLeader(true);
    expect(await figures(two)).to.include('spark_secrets_leader 0');
    expect(await one.text()).to.contain('process_resident_memory_bytes');
    expect(one.contentType).to.contain('text/plain');
  });
});
