import { expect } from 'chai';
import { readConfig } from '../operator/config.ts';

const POD = { POD_NAMESPACE: 'operator', POD_NAME: 'operator-1' };

describe('the configuration', () => {
  it('needs only what the pod knows of itself', () => {
    const config = readConfig(POD);
    expect(config).to.include({ namespace: 'operator', identity: 'operator-1', logLevel: 'info' });
    expect(config).to.include({ webhookPort: 8443, apiPort: 8444, healthPort: 8080 });
    expect(config).to.be.frozen;
  });

  it('names the variable that has to be mended', () => {
    const wrong = { POD_NAMESPACE: '', WEBHOOK_PORT: '70000', LOG_LEVEL: 'loud', CERTIFICATE_SOURCE: 'acme' };
    for (const [name, value] of Object.entries(wrong))
      expect(() => readConfig({ ...POD, [name]: value }), name).to.throw(name);
  });

  describe('which namespaces it watches', () => {
    const namespaces = (text?: string) => readConfig({ ...POD, WATCH_NAMESPACES: text }).watchNamespaces;

    it('is the whole cluster unless it is told', () => {
      expect([namespaces(), namespaces('')]).to.deep.equal([undefined, undefined]);
    });

    it('is a list, and always its own besides', () => {
      expect(namespaces('analytics, platform,analytics')).to.deep.equal(['operator', 'analytics', 'platform']);
      expect(namespaces('operator')).to.deep.equal(['operator']);
    });

    it('is not the whole cluster by mistake', () => {
      expect(() => namespaces(' , ')).to.throw(/WATCH_NAMESPACES names no namespace: unset it/);
      expect(() => namespaces('analytics,Sales')).to.throw(/WATCH_NAMESPACES names Sales, which can be no namespace/);
      expect(() => namespaces('*')).to.throw(/can be no namespace/);
    });
  });

  describe('what it does', () => {
    const roles = (text?: string) => [...readConfig({ ...POD, ROLES: text }).roles];

    it('is all, unless it is told', () => {
      expect(roles()).to.deep.equal(['controller', 'webhook', 'api']);
    });

    it('is a list', () => {
      expect(roles('api, controller')).to.deep.equal(['controller', 'api']);
    });

    it('is not nothing, and nothing else', () => {
      expect(() => roles('')).to.throw(/ROLES names none/);
      expect(() => roles('webhook,page')).to.throw(/ROLES names page: there are controller, webhook, api/);
    });
  });

  it('knows the image that it runs from if it is told one', () => {
    const image = (text?: string) => readConfig({ ...POD, OPERATOR_IMAGE: text }).operatorImage;
    expect([image('r.example/operator:1'), image(''), image()]).to.deep.equal([
      'r.example/operator:1',
      undefined,
      undefined,
    ]);
  });

  describe('who may log in with the operator’s own identity', () => {
    const namespaces = (text?: string) => readConfig({ ...POD, IDENTITY_NAMESPACES: text }).identityNamespaces;

    it('is by default its own namespace alone', () => {
      expect(namespaces()).to.deep.equal(['operator']);
    });

    it('is a list', () => {
      expect(namespaces('operator, platform')).to.deep.equal(['operator', 'platform']);
    });

    it('is nobody, when the list is empty', () => {
      expect(namespaces('')).to.deep.equal([]);
    });
  });
});
