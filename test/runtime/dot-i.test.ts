import { KubeConfig, V1ObjectMeta } from '@kubernetes/client-node';
import { expect } from 'chai';
import { createRequire } from 'node:module';
import { Operator, ResourceEventType, ResourceMetaImpl } from '../../operator/runtime/dot-i.ts';

const require = createRequire(import.meta.url);

/** What of dot-i's base class we build on, made visible. */
class Probe extends Operator {
  initialised = 0;
  protected override init(): Promise<void> {
    this.initialised++;
    return Promise.resolve();
  }
  get config(): KubeConfig {
    return this.kubeConfig;
  }
  get ownLogger(): object {
    return this.logger;
  }
}

describe('dot-i, as far as we rely on it', () => {
  it('is the version that was read and measured', () => {
    expect((require('@dot-i/k8s-operator/package.json') as { version: string }).version).to.equal('1.3.9');
  });

  it('runs init on start, and nothing else', async () => {
    const probe = new Probe();
    await probe.start();
    expect(probe.initialised).to.equal(1);
  });

  it('has the methods that we replace, with the parameters that we take', () => {
    const methods = Operator.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(methods['watchResource']).to.be.a('function').with.length(5);
    expect(methods['stop']).to.be.a('function').with.length(0);
  });

  it('shares our copy of client-node and keeps the logger it is given', () => {
    const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const probe = new Probe(logger);
    expect(probe.config).to.be.instanceOf(KubeConfig);
    expect(probe.ownLogger).to.equal(logger);
  });

  it('makes the meta of an event from an object', () => {
    const metadata = Object.assign(new V1ObjectMeta(), { name: 'a', namespace: 'one', resourceVersion: '7' });
    const meta = ResourceMetaImpl.createWithPlural('things', { apiVersion: 'demo.io/v1', kind: 'Thing', metadata });
    expect(meta).to.include({ name: 'a', namespace: 'one', resourceVersion: '7' });
    expect(meta).to.include({ id: 'things.demo.io/v1', apiVersion: 'demo.io/v1', kind: 'Thing' });
    expect(() => ResourceMetaImpl.createWithPlural('things', { metadata })).to.throw(/Malformed/);
  });

  it('knows the types of events', () => {
    expect(ResourceEventType.Modified).to.equal('MODIFIED');
    expect(ResourceEventType.Deleted).to.equal('DELETED');
  });
});
