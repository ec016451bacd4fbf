import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../../operator/injection/pod.ts';
import { applicationNames } from '../../../operator/injection/runners/registry.ts';

const folder = join(import.meta.dirname, '..', '..', 'injection', 'golden');
const golden = readdirSync(folder).filter((name) => name.endsWith('.json'));

function pod(name: string): Pod {
  const text = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Pod | { readonly pod: Pod };
  return 'pod' in text ? text.pod : text;
}

/** The operator keeps no more of a pod without secrets: see `barePod` in operator/watches.ts. */
describe('the names of an application', () => {
  it('are known by the labels of its pod alone, in every way of launching Spark', () => {
    const named = golden.map((name) => applicationNames(pod(name)));
    const byLabels = golden.map((name) => applicationNames({ metadata: { labels: pod(name).metadata?.labels ?? {} } }));
    expect(byLabels).to.deep.equal(named);
    expect(named.filter((names) => names.length > 0).length).to.be.greaterThan(5);
  });

  it('are so for a server that asks for secrets by its label', () => {
    const labels = { 'secrets.iomete.com/inject': 'true', app: 'thrift' };
    const containers = [{ name: 'server', command: ['/opt/spark/sbin/start-thriftserver.sh'] }];
    expect(applicationNames({ metadata: { labels } })).to.deep.equal(['thrift']);
    expect(applicationNames({ metadata: { labels }, spec: { containers } })).to.deep.equal(['thrift']);
  });
});
