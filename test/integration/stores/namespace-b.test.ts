import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANNOTATIONS, API_VERSION, LABELS } from '../../../operator/api/group.ts';
import { SPARK_JOB_SECRET_BINDING, type SparkJobSecretBinding } from '../../../operator/api/kinds.ts';
import { specDigest } from '../../../operator/injection/spec-digest.ts';
import { canary } from '../../e2e/support/canary.ts';
import { FILE_URLS, foreignNames, METADATA_HOSTS, SPELLINGS, TEMPLATES } from './attempts.ts';
import { Breach, FORBIDDEN, GRANTED, isWrittenAfter } from './breach.ts';
import { secretOf, storeOf } from './stage.ts';
import { READY } from './told.ts';

const specsOf = (key: string): object[] => [{ env: [{ name: 'V', key }] }, { files: [{ path: 'f', key }] }];

describe('namespace b, which reaches for the keys of namespace a,', function () {
  this.timeout(60_000);
  const words = { granted: canary(), forbidden: canary() };
  let breach: Breach;

  before(async () => {
    breach = await Breach.open(words);
  });

  after(async () => {
    await breach.close();
  });

  it('gets what it was granted, of both kinds of store', async () => {
    const env = GRANTED.map((key, index) => ({ name: `V${index}`, key }));
    const envFrom = [{ group: 'orders', prefix: 'G_' }];
    for (const store of ['vault', 'secrets']) {
      const sparkConf = [{ name: 'spark.x.y', template: 'password=${orders/DB}' }];
      const granted = breach.binding(`granted-${store}`, { env, envFrom, sparkConf }, store);
      await breach.stage.put(granted);
      await breach.told(granted, READY);
      expect(breach.valueOf(`granted-${store}`, 'V0')).to.equal(words.granted);
      const data = breach.stage.secrets.get(breach.b, `spark-secrets-granted-${store}`)?.data ?? {};
      expect(Object.keys(data).filter((name) => name.startsWith('G_'))).to.deep.equal(['G_DB']);
    }
  });

  it('is denied the neighbours of what its globs grant, however alike their names are', async () => {
    const all = FORBIDDEN.flatMap(specsOf).map((spec, index) => breach.binding(`denied-${index}`, spec));
    await Promise.all(
      all.map((binding) => breach.refused(binding, { reason: 'AccessDenied', message: /does not grant/ })),
    );
    const conf = [{ name: 'spark.x.y', template: 'a=${orders/DB},b=${secret/KEY}' }];
    await breach.refused(breach.binding('denied-template', { sparkConf: conf }), {
      reason: 'AccessDenied',
      message: /secret\/KEY/,
    });
    for (const key of GRANTED)
      await breach.refused(breach.binding('ungranted', { env: [{ name: 'V', key }] }, 'private'), {
        reason: 'AccessDenied',
      });
    expect(await breach.stage.tryDriver(breach.b, 'denied-0'))
      .to.have.property('refused')
      .that.contains('AccessDenied');
  });

  it('finds no key in groups beside and below those that it was granted', async () => {
    for (const group of ['orders/s3', 'ordersX', 'secret', 'order', 'ORDERS', 'SHARED_A'])
      await breach.refused(breach.binding('group', { envFrom: [{ group }] }), {
        reason: 'KeyNotFound',
        message: /no key for this namespace/,
      });
  });

  it('can not spell a key or a group so that it becomes another one', async () => {
    for (const key of SPELLINGS) {
      const specs = [...specsOf(key), { envFrom: [{ group: key }] }, { sparkConf: [{ name: 'spark.x.y', key }] }];
      for (const spec of specs)
        expect(await breach.stage.refusal(breach.binding('spelled', spec)), JSON.stringify(spec)).to.match(
          /should match|can't be|Invalid value/,
        );
    }
  });

  it('can not do so in a template either', async () => {
    for (const [index, template] of TEMPLATES.entries()) {
      const binding = breach.binding(`template-${index}`, { sparkConf: [{ name: 'spark.x.y', template }] });
      await breach.refused(binding, { reason: 'InvalidTemplate' });
    }
  });

  it('can not have credentials made at a path that it was not granted', async () => {
    for (const [index, key] of ['secret/data/team-a/secret/KEY#value', 'database/creds/x#password'].entries()) {
      const spec = { env: [{ name: 'V', key }], scope: 'Application' };
      await breach.refused(breach.binding(`leased-${index}`, spec), { message: /does not grant/ });
    }
  });

  it('can not have a store of its own read a Secret of namespace a', async () => {
    const own = { name: 'own-token', key: 'token' };
    const endpoint = breach.server.url;
    for (const [index, name] of foreignNames(breach.a).entries()) {
      const ref = { name, key: 'token' };
      const stores = [
        breach.ownVault(`token-${index}`, { endpoint, auth: { tokenSecretRef: ref } }),
        breach.ownVault(`role-${index}`, { endpoint, auth: { appRole: { roleId: 'x', secretIdSecretRef: ref } } }),
        breach.ownVault(`ca-${index}`, { endpoint: 'https://127.0.0.1:1', tls: { caSecretRef: ref } }),
        storeOf(breach.b, `url-${index}`, {
          type: 'database',
          database: { client: 'pg', connectionSecretRef: ref, allowPlaintext: true },
        }),
        storeOf(breach.b, `kek-${index}`, {
          type: 'database',
          database: { client: 'pg', connectionSecretRef: own, encryption: { keySecretRef: ref } },
        }),
      ];
      await Promise.all(stores.map((store) => breach.refused(store, { message: /./ })));
    }
  });

  it('can not have a store of its own log in as the operator', async () => {
    const endpoint = breach.server.url;
    const told = { reason: 'AuthenticationFailed', message: /may not log in with the operator's own identity/ };
    await breach.refused(breach.ownVault('as-operator', { endpoint, auth: { kubernetes: { role: 'x' } } }), told);
    await breach.refused(breach.ownVault('as-jwt', { endpoint, auth: { jwt: { role: 'x' } } }), told);
  });

  it('can not send the operator to addresses that it should not reach', async () => {
    const message = /link-local or metadata address/;
    for (const [index, host] of METADATA_HOSTS.entries()) {
      await breach.refused(breach.ownVault(`metadata-${index}`, { endpoint: `http://${host}` }), { message });
      await breach.refused(await breach.ownDatabase(`metadata-url-${index}`, `postgresql://u:p@${host}/x`), {
        message,
      });
    }
    const { endpoint, ca } = breach.apiServer;
    await breach.stage.put(secretOf(breach.b, 'ca', { 'ca.crt': ca }));
    const tls = { caSecretRef: { name: 'ca', key: 'ca.crt' } };
    await breach.refused(breach.ownVault('api-server', { endpoint, path: '/v1/namespaces/secrets', tls }), {
      message: /./,
    });
    for (const bad of ['http://x@127.0.0.1:1', 'http://127.0.0.1:1/../x', 'file:///etc/passwd', 'unix:///run/x'])
      await refusedSomehow(breach.ownVault('elsewhere', { endpoint: bad }));
  });

  it('can not have the operator follow a redirect, with its token or without', async () => {
    const seen: string[] = [];
    const target = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(target, 'listening');
    const location = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
    const server = createServer((_, response) => response.writeHead(307, { location }).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await breach.refused(breach.ownVault('redirected', { endpoint }), { message: /which is not followed/ });
    expect(seen).to.deep.equal([]);
    for (const each of [target, server]) each.close();
  });

  it('can not have a database URL name files, sockets or other schemes', async () => {
    for (const [index, url] of FILE_URLS.entries()) {
      const told = { reason: 'SecretNotFound', message: /the connection URL in Secret/ };
      await breach.refused(await breach.ownDatabase(`files-${index}`, url), told);
    }
  });

  it('can not make a store of Secrets reach into another namespace, nor its own Secrets pass for groups of a', async () => {
    for (const secretName of [`${breach.a}/iomete-secret-store`, '../x', 'iomete-secret-store.orders', 'X'])
      expect(
        await breach.stage.refusal(storeOf(breach.b, 'own', { type: 'kubernetes', kubernetes: { secretName } })),
      ).to.match(/should match/);
    const labels = { [LABELS.store]: 'iomete-secret-store' };
    await breach.stage.put(secretOf(breach.b, 'iomete-secret-store.orders', { DB: 'forged', MORE: 'forged' }, labels));
    const again = breach.binding('forged-group', { envFrom: [{ group: 'orders' }] }, 'secrets');
    await breach.stage.put(again);
    await breach.told(again, READY);
    expect(breach.valueOf('forged-group', 'DB')).to.equal(words.granted);
    expect(breach.valueOf('forged-group', 'MORE')).to.equal(undefined);
  });

  it('gains nothing by writing a status, a Secret or annotations itself', async () => {
    const { stage, b } = breach;
    const manifest = breach.binding('forged', { env: [{ name: 'V', key: 'secret/KEY' }] });
    await breach.refused(manifest, { reason: 'AccessDenied' });
    const { spec, metadata } = stage.bindings.get(b, 'forged') as SparkJobSecretBinding;
    const condition = {
      status: 'True',
      reason: 'Injecting',
      message: 'x',
      lastTransitionTime: new Date().toISOString(),
    };
    const secret = secretOf(b, 'spark-secrets-forged', { V: 'mine' }, { [LABELS.binding]: 'forged' });
    const annotations = { [ANNOTATIONS.specDigest]: specDigest(spec), [ANNOTATIONS.envKeys]: '{"V":"secret/KEY"}' };
    await stage.put({ ...secret, metadata: { ...secret.metadata, annotations } });
    const status = {
      observedGeneration: metadata.generation,
      secretName: 'spark-secrets-forged',
      keys: [{ key: 'secret/KEY', version: '1', lastChangeTime: condition.lastTransitionTime }],
      conditions: ['Ready', 'Resolved'].map((type) => ({
        type,
        ...condition,
        observedGeneration: metadata.generation,
      })),
    };
    const body = {
      apiVersion: API_VERSION,
      kind: 'SparkJobSecretBinding',
      metadata: { name: 'forged', namespace: b },
      status,
    };
    const options = { subresource: 'status', fieldManager: 'b', force: true } as const;
    const written = await stage.client.apply(SPARK_JOB_SECRET_BINDING, body, {
      ...options,
      signal: AbortSignal.timeout(9_000),
    });
    await stage.until('the operator writes its status over it', 5_000, () =>
      isWrittenAfter(stage.bindings.get(b, 'forged'), written) ? undefined : 'it stands',
    );
    await breach.told(manifest, { status: 'False', reason: 'AccessDenied' });
    expect(await stage.tryDriver(b, 'forged'))
      .to.have.property('refused')
      .that.contains('AccessDenied');
    expect(breach.valueOf('forged', 'V') ?? '').not.to.contain(words.forbidden);
  });

  it("can not lay a hand on another run's Secret by the annotations of a pod", async () => {
    const { stage, b } = breach;
    const sealed = breach.binding('sealed', { env: [{ name: 'V', key: 'orders/DB' }], scope: 'Application' });
    await stage.put(sealed);
    await breach.told(sealed, READY);
    const annotations = {
      [ANNOTATIONS.run]: 'aaaaaaaaaa',
      [ANNOTATIONS.bindings]: 'denied-0,granted-vault',
      [ANNOTATIONS.versions]: '{}',
    };
    const tried = await stage.tryDriver(b, 'sealed', { annotations, labels: { [LABELS.injected]: 'true' } });
    expect(tried.pod)
      .to.contain('spark-secrets-sealed-run-')
      .and.not.to.contain('run-aaaaaaaaaa')
      .and.not.to.contain('denied-0');
  });

  it('has what is granted to a label only for as long as the namespace has the label', async () => {
    const labelled = breach.binding('labelled', { env: [{ name: 'V', key: 'SHARED_A' }] }, 'private');
    await breach.refused(labelled, { reason: 'AccessDenied' });
    await breach.label('trusted');
    await breach.told(labelled, READY);
    expect(breach.valueOf('labelled', 'V')).to.equal(words.granted);
    await breach.label('untrusted');
    await breach.told(labelled, { status: 'False', reason: 'AccessDenied' });
    expect(breach.valueOf('labelled', 'V')).to.equal(undefined);
  });

  it('loses what it was granted when the grant is withdrawn, and has it again when that comes back', async () => {
    await withdrawn(async () => {
      await breach.grant();
    });
  });

  it('loses it also while the store does not answer, and has it again when it does', async () => {
    breach.server.pause();
    const vault = breach.binding('granted-vault', {});
    await breach.told(vault, { status: 'False', reason: 'StoreUnreachable', message: /It last answered at/ });
    expect(breach.valueOf('granted-vault', 'V0')).to.equal(words.granted);
    await withdrawn(async () => {
      await breach.grant();
      breach.server.resume();
    });
  });

  it('has found none of the other values, nor had them written into a log or an event', async () => {
    expect(await breach.leaks()).to.deep.equal([]);
  });

  /** Withdraws all grants, until `back` gives them again. */
  async function withdrawn(back: () => Promise<void>): Promise<void> {
    const both = ['vault', 'secrets'].map((store) => `granted-${store}`);
    await breach.grant([]);
    for (const name of both) {
      await breach.told(breach.binding(name, {}), { status: 'False', reason: 'AccessDenied' });
      await breach.stage.until('the values are gone', 3_000, () => left(name));
    }
    await back();
    for (const name of both) {
      await breach.told(breach.binding(name, {}), READY);
      expect(breach.valueOf(name, 'V0')).to.equal(words.granted);
    }
  }

  /** What a Secret still has of a value; undefined: nothing. */
  function left(name: string): string | undefined {
    const data = breach.stage.secrets.get(breach.b, `spark-secrets-${name}`)?.data ?? {};
    const with_ = Object.entries(data).filter(([, value]) => Buffer.from(value, 'base64').includes(words.granted));
    return with_.length === 0 ? undefined : with_.map(([key]) => key).join(', ');
  }

  /** Refused by the API server, or by a condition. */
  async function refusedSomehow(store: Parameters<Breach['refused']>[0]): Promise<void> {
    if ((await breach.stage.refusal(store)) === undefined) await breach.told(store, { status: 'False' });
  }
});
