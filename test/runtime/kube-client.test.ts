import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { AlreadyExistsError, ApiError, ConflictError } from '../../operator/runtime/api-error.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { KubeKind, KubeObject } from '../../operator/runtime/kube-object.ts';
import { ApiServer } from '../doubles/api-server.ts';
import { eventually } from '../doubles/eventually.ts';

interface Thing extends KubeObject {
  readonly spec?: { readonly color?: string; readonly size?: string };
  readonly status?: { readonly phase: string };
}

const THING: KubeKind<Thing> = { group: 'demo.io', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };
const SECRET: KubeKind = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true };

describe('kube client', () => {
  const { signal } = new AbortController();
  let api: ApiServer;
  let connection: KubeConnection;
  let client: HttpKubeClient;

  const thing = (name: string, color = 'red'): Thing => ({ metadata: { name, namespace: 'one' }, spec: { color } });
  const get = (name: string) => client.get(THING, 'one', name, signal);
  const failure = async (promise: Promise<unknown>): Promise<Error> => {
    try {
      await promise;
    } catch (error) {
      return error as Error;
    }
    throw new Error('it did not fail');
  };

  beforeEach(async () => {
    api = new ApiServer();
    await api.start();
    connection = new KubeConnection(api.kubeConfig());
    client = new HttpKubeClient(connection, 400);
  });
  afterEach(async () => {
    await connection.close();
    await api.stop();
  });

  it('creates, reads, replaces and deletes', async () => {
    const created = await client.create(THING, thing('a'), signal);
    expect(created).to.deep.include({ apiVersion: 'demo.io/v1', kind: 'Thing', spec: { color: 'red' } });
    await client.replace(THING, { ...created, spec: { color: 'blue' } }, signal);
    expect((await get('a'))?.spec).to.deep.equal({ color: 'blue' });
    expect(await client.delete(THING, 'one', 'a', { signal })).to.be.true;
    expect(await get('a')).to.be.undefined;
  });

  it('says that an object is not there by a value', async () => {
    expect(await get('none')).to.be.undefined;
    expect(await client.delete(THING, 'one', 'none', { signal })).to.be.false;
  });

  it('tells a taken name from a lost race', async () => {
    const created = await client.create(THING, thing('a'), signal);
    expect(await failure(client.create(THING, thing('a'), signal))).to.be.instanceOf(AlreadyExistsError);
    await client.replace(THING, { ...created, spec: { color: 'blue' } }, signal);
    const late = await failure(client.replace(THING, { ...created, spec: { color: 'green' } }, signal));
    expect(late).to.be.instanceOf(ConflictError).and.include({ code: 409, reason: 'Conflict' });
    expect((await get('a'))?.spec?.color).to.equal('blue');
  });

  it('applies as its own field manager, and the status apart', async () => {
    await client.apply(THING, thing('a'), { signal });
    await client.apply(THING, { ...thing('a'), spec: { size: 'xl' } } as KubeObject, { signal, force: true });
    const status = { metadata: { name: 'a', namespace: 'one' }, status: { phase: 'Ready' } };
    await client.apply(THING, status, { signal, subresource: 'status' });
    expect(await get('a')).to.deep.include({ spec: { color: 'red', size: 'xl' }, status: { phase: 'Ready' } });
    expect(api.requests.slice(0, 3)).to.deep.equal([
      'PATCH /apis/demo.io/v1/namespaces/one/things/a?fieldManager=spark-secrets-operator&force=false',
      'PATCH /apis/demo.io/v1/namespaces/one/things/a?fieldManager=spark-secrets-operator&force=true',
      'PATCH /apis/demo.io/v1/namespaces/one/things/a/status?fieldManager=spark-secrets-operator&force=false',
    ]);
  });

  it('deletes exactly the object that was meant', async () => {
    await client.create(THING, thing('a'), signal);
    const error = await failure(client.delete(THING, 'one', 'a', { signal, uid: 'of-an-earlier-one' }));
    expect(error).to.be.instanceOf(ConflictError);
    expect(await get('a')).not.to.be.undefined;
  });

  it('cannot be led to another path by a name', async () => {
    await client.get(THING, 'one', '../../secrets/b', signal);
    expect(api.requests).to.deep.equal(['GET /apis/demo.io/v1/namespaces/one/things/..%2F..%2Fsecrets%2Fb']);
  });

  describe('when the server is busy', () => {
    for (const code of [429, 503]) {
      it(`tries a ${code} once more after the time that it asks for`, async () => {
        api.faults.push({ code, retryAfterSeconds: 0.1, times: 1 });
        const startedAt = performance.now();
        await client.create(THING, thing('a'), signal);
        expect(performance.now() - startedAt).to.be.at.least(95);
        expect(api.requests).to.have.length(2);
      });
    }

    it('tries no third time', async () => {
      api.faults.push({ code: 429, retryAfterSeconds: 0.01 });
      expect(await failure(get('a'))).to.include({ code: 429, retryAfterMs: 10 });
      expect(api.requests).to.have.length(2);
    });

    it('does not wait longer than a request may take, and says how long it should', async () => {
      api.faults.push({ code: 503, retryAfterSeconds: 60 });
      expect(await failure(get('a'))).to.include({ code: 503, retryAfterMs: 60_000 });
      expect(api.requests).to.have.length(1);
    });

    it('does not retry what may have been done', async () => {
      for (const fault of [{ code: 500 }, { code: 429 }, { act: 'reset' }] as const) {
        api.faults.splice(0, 1, fault);
        api.requests.length = 0;
        await failure(client.create(THING, thing('a'), signal));
        expect(api.requests, JSON.stringify(fault)).to.have.length(1);
      }
    });
  });

  describe('when there is no answer', () => {
    it('gives up after its timeout', async () => {
      api.faults.push({ act: 'hang' });
      const startedAt = performance.now();
      expect(await failure(get('a')))
        .to.be.instanceOf(ApiError)
        .and.include({ code: 0, reason: 'Timeout' });
      expect(performance.now() - startedAt).to.be.at.least(390);
    });

    it('says that the server is not to be reached', async () => {
      await api.stop();
      const error = await failure(get('a'));
      expect(error).to.include({ code: 0, reason: 'Unreachable' });
      expect(error.message).to.include('ECONNREFUSED');
      await api.start();
    });

    it('ends at once with the reason of the caller', async () => {
      api.faults.push({ act: 'hang' });
      const abort = new AbortController();
      const pending = failure(client.get(THING, 'one', 'a', abort.signal));
      await eventually(() => api.requests.length === 1);
      abort.abort(new Error('we are stopping'));
      expect((await pending).message).to.equal('we are stopping');
      expect(await failure(client.get(THING, 'one', 'a', abort.signal))).to.have.property('message', 'we are stopping');
      expect(api.requests).to.have.length(1);
    });
  });

  describe('its errors', () => {
    const invalid = { kind: 'Status', reason: 'Invalid', message: 'data: Invalid value: "hunter2"', code: 422 };
    const secret = { metadata: { namespace: 'one', name: 'db' }, data: { password: 'hunter2' } };

    it('name the verb, the object and the reason', async () => {
      api.faults.push({ code: 422, body: invalid });
      const { message } = await failure(client.create(THING, thing('a'), signal));
      expect(message).to.equal(
        'POST Thing at /apis/demo.io/v1/namespaces/one/things: 422 Invalid data: Invalid value: "hunter2"',
      );
    });

    it('repeat nothing that the server says about a Secret', async () => {
      api.faults.push({ code: 422, body: invalid });
      const { message, stack } = await failure(client.create(SECRET, secret, signal));
      expect(message).to.equal('POST Secret at /api/v1/namespaces/one/secrets: 422 Invalid');
      expect(stack).not.to.include('hunter2');
    });

    describe('of a quota that is used up', () => {
      const said = async (message: string): Promise<Error> => {
        api.faults.push({ code: 403, body: { kind: 'Status', reason: 'Forbidden', message, code: 403 } });
        return failure(client.create(SECRET, secret, signal));
      };
      const QUOTA = 'exceeded quota: team-a.secrets, requested: secrets=1, used: secrets=5, limited: secrets=5';

      it('name the quota, and nothing else of what the server says', async () => {
        const error = await said(`secrets "db" is forbidden: ${QUOTA} hunter2`);
        expect(error).to.have.property('exceededQuota', 'team-a.secrets');
        expect(error.message).to.equal(
          'POST Secret at /api/v1/namespaces/one/secrets: 403 Forbidden exceeded quota: team-a.secrets',
        );
      });

      it('take no words of a policy for the name of one', async () => {
        const others = [
          `admission webhook "x" denied the request: ${QUOTA}`,
          'secrets "db" is forbidden: exceeded quota: Hunter2, requested: secrets=1',
          'secrets "db" is forbidden: exceeded quota: hunter2',
          `secrets "db" is forbidden: hunter2 ${QUOTA}`,
          'secrets "db" is forbidden: exceeded quota: hunter2 x, requested: secrets=1',
        ];
        for (const message of others) {
          const error = await said(message);
          expect(error.message).to.equal('POST Secret at /api/v1/namespaces/one/secrets: 403 Forbidden');
          expect(error).to.have.property('exceededQuota', undefined);
        }
      });
    });

    for (const [what, { reason, ...fault }] of Object.entries({
      'an answer that is no JSON': { code: 200, body: '{"data":{"password":"hunter2"', reason: 'Malformed' },
      "a proxy's page": { code: 502, body: '<html>hunter2</html>', reason: '' },
      'a cut connection': { act: 'reset', reason: 'Unreachable' },
    } as const)) {
      it(`repeat nothing of ${what}`, async () => {
        api.faults.push(fault);
        const error = await failure(client.create(SECRET, secret, signal));
        expect(error).to.be.instanceOf(ApiError).and.include({ reason });
        expect(`${error.stack ?? ''} ${JSON.stringify(error)} ${String(error.cause)}`).not.to.include('hunter2');
      });
    }
  });

  describe('its connections', () => {
    it('are used again', async () => {
      for (let i = 0; i < 50; i++) await get('a');
      // Two, not one: undici may open a second while the first has an answer's last bytes in hand.
      expect(api.connections).to.be.at.most(2);
    });

    it("don't grow with the number of requests, and leave no listener on the signal", async () => {
      const warnings: Error[] = [];
      const note = (warning: Error) => warnings.push(warning);
      process.on('warning', note);
      for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 20 }, () => get('a')));
      process.off('warning', note);
      expect(api.connections).to.be.at.most(40);
      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
      expect(warnings).to.deep.equal([]);
    });

    it('take a new token when the old one was refused', async () => {
      const kubeConfig = api.kubeConfig({ token: 'old' });
      api.tokens.add('old');
      await connection.close();
      connection = new KubeConnection(kubeConfig);
      client = new HttpKubeClient(connection);
      await get('a');
      api.tokens.delete('old');
      api.tokens.add('new');
      kubeConfig.users = [{ name: 'test', token: 'new' }];
      expect(await failure(get('a'))).to.include({ code: 401 });
      expect(await get('a')).to.be.undefined;
    });

    it('are kept when the credentials are read again', async () => {
      api.tokens.add('new');
      await connection.close();
      connection = new KubeConnection(api.kubeConfig({ token: 'old' }));
      client = new HttpKubeClient(connection);
      for (let i = 0; i < 10; i++) expect(await failure(get('a'))).to.include({ code: 401 });
      expect(api.connections).to.be.at.most(2);
    });

    it('need a cluster', () => {
      const kubeConfig = api.kubeConfig();
      kubeConfig.setCurrentContext('none');
      expect(() => new KubeConnection(kubeConfig)).to.throw(/set its current-context/);
    });
  });
});
