import { expect } from 'chai';
import { SECRET, SERVICE_ACCOUNT } from '../operator/api/kinds.ts';
import { NamespaceReferences, type Identity } from '../operator/namespace-references.ts';
import { ApiError } from '../operator/runtime/api-error.ts';
import type { KubeObject } from '../operator/runtime/kube-object.ts';
import { FakeCluster } from './doubles/fake-cluster.ts';
import { failureOf, seenOf } from './support/failure.ts';

const HIDDEN = 'hunter2-is-hidden';

describe('what a store refers to', () => {
  const { signal } = new AbortController();
  let cluster: FakeCluster;

  const identity: Identity = {
    namespace: 'operator',
    serviceAccount: 'spark-secrets',
    allowedNamespaces: ['operator', 'platform'],
  };
  const references = (namespace: string, who: Partial<Identity> = {}) =>
    new NamespaceReferences({ client: cluster, namespace, identity: { ...identity, ...who } });
  const putSecret = (namespace: string, name: string, data: Record<string, string>) =>
    cluster.put(SECRET, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
    } as KubeObject);

  beforeEach(() => {
    cluster = new FakeCluster();
  });

  it('is a key of a Secret in its own namespace', async () => {
    putSecret('platform', 'vault-token', { token: HIDDEN });
    const value = await references('platform').value({ name: 'vault-token', key: 'token' }, signal);
    expect(value.reveal().toString()).to.equal(HIDDEN);
    expect([...(await references('platform').values('vault-token', signal)).keys()]).to.deep.equal(['token']);
  });

  it('is never a Secret of another namespace', async () => {
    putSecret('platform', 'vault-token', { token: HIDDEN });
    for (const name of ['vault-token', 'platform/vault-token', '../platform/secrets/vault-token', '..%2Fplatform'])
      expect(await failureOf(references('b').value({ name, key: 'token' }, signal)), name).to.include({
        code: 'CredentialsMissing',
      });
  });

  it('is named when it is missing, without showing what is there', async () => {
    putSecret('platform', 'vault-token', { token: HIDDEN });
    const noKey = await failureOf(references('platform').value({ name: 'vault-token', key: 'tokem' }, signal));
    expect(String(noKey)).to.include('vault-token').and.include('tokem');
    expect(seenOf(noKey)).not.to.include(HIDDEN);
    const noSecret = await failureOf(references('platform').values('none', signal));
    expect(String(noSecret)).to.include('none').and.include('platform');
  });

  it('tells an API server that refuses from one that does not answer, and repeats no sentence of it', async () => {
    for (const [code, expected] of [
      [403, 'AuthenticationFailed'],
      [0, 'StoreUnreachable'],
    ] as const) {
      cluster.get = () => Promise.reject(new ApiError('it failed', { code, reason: HIDDEN }));
      const error = await failureOf(references('platform').values('vault-token', signal));
      expect(error).to.include({ code: expected });
      expect(String(error)).not.to.include(HIDDEN);
    }
  });

  describe('the operator’s own identity', () => {
    const answerTokens = (): KubeObject[] => {
      const asked: KubeObject[] = [];
      cluster.subresources.set('serviceaccounts/token', (where, object) => {
        asked.push({ ...object, metadata: { ...object.metadata, namespace: where.namespace } });
        return { ...object, status: { token: HIDDEN } } as KubeObject;
      });
      return asked;
    };

    it('is a token of its own ServiceAccount, for the audience that is asked for', async () => {
      const asked = answerTokens();
      const token = await references('platform').identity('vault', signal);
      expect(token.reveal().toString()).to.equal(HIDDEN);
      expect(asked[0]).to.deep.include({ spec: { expirationSeconds: 600, audiences: ['vault'] } });
      expect(asked[0]?.metadata).to.deep.equal({ name: 'spark-secrets', namespace: 'operator' });
    });

    it('is not lent to stores of other namespaces: they would send it to a server of their choice', async () => {
      const asked = answerTokens();
      const error = await failureOf(references('b').identity('vault', signal));
      expect(error).to.include({ code: 'AuthenticationFailed' });
      expect(String(error)).to.include('tokenSecretRef').and.include('identityNamespaces');
      expect(asked).to.have.length(0);
    });

    it('needs a ServiceAccount to run as', async () => {
      answerTokens();
      const error = await failureOf(references('platform', { serviceAccount: undefined }).identity(undefined, signal));
      expect(error).to.include({ code: 'AuthenticationFailed' });
    });

    it('is a kind whose sentences are kept back', () => {
      expect(SERVICE_ACCOUNT.confidential).to.equal(true);
    });
  });
});
