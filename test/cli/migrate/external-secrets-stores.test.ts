import { expect } from 'chai';
import { migrated, type Fields } from './migrated.ts';
import {
  ARGS,
  VAULT,
  object,
  vault,
  kubernetes,
  secret,
  data,
  value,
  specOf,
  bindingSpec,
  storeSpec,
  says,
} from './sources.ts';

describe('migrate external-secrets, of stores,', () => {
  it('grants the namespaces of a ClusterSecretStore, which goes where its credentials are', async () => {
    const auth = { tokenSecretRef: { name: 'token', namespace: 'platform', key: 't' } };
    const cluster = (conditions?: readonly Fields[]): Fields =>
      object(
        'ClusterSecretStore',
        'vault',
        { provider: { vault: { ...VAULT, auth } }, ...(conditions ? { conditions } : {}) },
        {},
      );
    const uses = secret({
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      data: [data('A', value('orders/A')), data('B', value('b'))],
    });
    const title = 'SecretStoreConfig platform/vault';
    const named = await migrated(
      ARGS,
      cluster([{ namespaces: ['analytics', 'sales'] }, { namespaceSelector: { matchLabels: { team: 'data' } } }]),
      uses,
    );
    expect(named.code).to.equal(0);
    expect(specOf(named, title)['access']).to.deep.equal([
      { namespaces: { matchNames: ['analytics', 'sales'] }, keys: ['**'] },
      { namespaces: { selector: { matchLabels: { team: 'data' } } }, keys: ['**'] },
    ]);
    expect(bindingSpec(named)['storeRef']).to.deep.equal({ name: 'vault', namespace: 'platform' });

    const open = await migrated(ARGS, cluster(), uses);
    expect(open.code).to.equal(3);
    expect(says(open, 'spec.conditions')).to.contain('all namespaces');
    expect(specOf(open, title)['access']).to.deep.equal([
      { namespaces: { matchNames: ['analytics'] }, keys: ['b', 'orders/A'] },
    ]);

    const more = await migrated(
      [...ARGS, '--store-namespace', 'vaults'],
      cluster([
        { namespaceRegexes: ['^a'] },
        { namespaceSelector: { matchExpressions: [] } },
        { namespaceSelector: {} },
      ]),
      uses,
    );
    expect(Object.keys(more.objects)).to.include('SecretStoreConfig vaults/vault');
    for (const field of ['[0].namespaceRegexes', '[1].namespaceSelector', '[2].namespaceSelector'])
      expect(says(more, `spec.conditions${field}`), field).not.to.equal('');
    expect(says(more, 'spec.provider.vault.auth.tokenSecretRef')).to.contain('copy Secret token to vaults');
  });

  it('gives the later one of two stores of one name another one, wherever it is named', async () => {
    const auth = { tokenSecretRef: { name: 'token', namespace: 'analytics', key: 't' } };
    const spec = { provider: { vault: { ...VAULT, auth, caBundle: 'LS0t' } }, conditions: [{ namespaces: ['x'] }] };
    const shared = { secretKey: 'A', remoteRef: { key: 'vault', property: 'A' } };
    const found = await migrated(
      ARGS,
      vault({ caBundle: 'LS0t' }),
      object('ClusterSecretStore', 'vault', spec, {}),
      object('SecretStore', 'k8s', { provider: { kubernetes: { remoteNamespace: 'analytics' } } }),
      secret({ data: [data('A', value('a'))] }, 'own'),
      secret(
        {
          secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
          data: [data('A', value('a')), data('B', { key: 'b' })],
        },
        'cluster',
      ),
      secret({ secretStoreRef: { name: 'k8s' }, data: [shared] }, 'k8s'),
    );
    const stores = ['own', 'cluster', 'k8s'].map(
      (name) => specOf(found, `SparkJobSecretBinding analytics/${name}`)['storeRef'],
    );
    expect(stores).to.deep.equal([{ name: 'vault' }, { name: 'vault-2' }, { name: 'vault-3' }]);
    expect(specOf(found, 'SecretStoreConfig analytics/vault-3')['kubernetes']).to.deep.equal({ secretName: 'vault' });
    const ca = { caSecretRef: { name: 'vault-2-ca', key: 'ca.crt' } };
    expect(specOf(found, 'SecretStoreConfig analytics/vault-2')['vault']).to.deep.include({ tls: ca });
    expect(Object.keys(found.objects)).to.include.members(['Secret analytics/vault-ca', 'Secret analytics/vault-2-ca']);
    expect(says(found, 'metadata.name')).to.match(/^ClusterSecretStore vault, .* this one is vault-2 there$/);
    expect(found.told.join('\n')).to.contain('--store analytics/vault-2');
  });

  it('logs in as before where that can be, and else with a token that is to be made', async () => {
    const ref = { name: 's', key: 'k' };
    const token = { tokenSecretRef: { name: 'vault-token', key: 'token' } };
    const account = { serviceAccountRef: { name: 'x', audiences: ['vault'] } };
    const table: readonly (readonly [Fields, Fields, number])[] = [
      [{ tokenSecretRef: ref }, { tokenSecretRef: ref }, 0],
      [{ kubernetes: { role: 'r', mountPath: 'k8s' } }, { kubernetes: { role: 'r', mount: 'k8s' } }, 0],
      [{ kubernetes: { role: 'r', ...account } }, { kubernetes: { role: 'r', audience: 'vault' } }, 3],
      [
        { jwt: { path: 'j', role: 'r', kubernetesServiceAccountToken: account } },
        { jwt: { role: 'r', mount: 'j', audience: 'vault' } },
        3,
      ],
      [{ appRole: { roleRef: ref, secretRef: ref } }, { appRole: { roleId: 'ROLE-ID', secretIdSecretRef: ref } }, 3],
      [{ jwt: { path: 'j', secretRef: ref } }, token, 3],
      ...['cert', 'ldap', 'iam', 'userPass', 'gcp'].map((way) => [{ [way]: {} }, token, 3] as const),
      [{}, token, 3],
    ];
    for (const [auth, expected, code] of table) {
      const found = await migrated(ARGS, vault({ auth }), secret({ data: [data('A', value('a'))] }));
      expect(storeSpec(found)['vault'], JSON.stringify(auth)).to.deep.include({ auth: expected });
      expect(found.code, JSON.stringify(auth)).to.equal(code);
    }
  });

  it('brings certificates along, and names what a store has not', async () => {
    const bundle = await migrated(ARGS, vault({ caBundle: 'LS0t' }), secret({ data: [data('A', value('a'))] }));
    expect(bundle.code).to.equal(0);
    expect(bundle.objects['Secret analytics/vault-ca']).to.deep.include({ data: { 'ca.crt': 'LS0t' } });
    expect(storeSpec(bundle)['vault']).to.deep.include({ tls: { caSecretRef: { name: 'vault-ca', key: 'ca.crt' } } });
    const provided = await migrated(ARGS, vault({ caProvider: { type: 'Secret', name: 'ca', key: 'pem' } }));
    expect(storeSpec(provided)['vault']).to.deep.include({ tls: { caSecretRef: { name: 'ca', key: 'pem' } } });
    const others = ['headers', 'readYourWrites', 'forwardInconsistent', 'checkAndSet', 'tls', 'somethingNew'];
    const found = await migrated(
      ARGS,
      vault({ caProvider: { type: 'ConfigMap', name: 'ca' }, ...Object.fromEntries(others.map((name) => [name, {}])) }),
    );
    expect(found.code).to.equal(3);
    for (const name of ['caProvider', ...others])
      expect(says(found, `spec.provider.vault.${name}`), name).not.to.equal('');
  });

  it('makes a store of each Kubernetes Secret that is used, with a grant of what is used of it', async () => {
    const items = [
      data('USER', { key: 'db', property: 'user' }),
      data('CA', { key: 'db.tls', property: 'tls\\.crt' }),
      data('TOKEN', { key: 'api', property: 'token' }),
      data('ALL', { key: 'api' }),
    ];
    const auth = { serviceAccount: { name: 'reader' } };
    const found = await migrated([...ARGS, '--store', 'platform/vault'], kubernetes({ auth }), secret({ data: items }));
    expect(specOf(found, 'SecretStoreConfig shared/db')).to.deep.equal({
      type: 'kubernetes',
      kubernetes: { secretName: 'db' },
      access: [{ namespaces: { matchNames: ['analytics'] }, keys: ['tls/tls.crt', 'user'] }],
    });
    expect(specOf(found, 'SparkJobSecretBinding analytics/orders-api')).to.deep.include({
      storeRef: { name: 'api', namespace: 'shared' },
      env: [{ name: 'TOKEN', key: 'token' }],
    });
    expect(specOf(found, 'SparkJobSecretBinding analytics/orders-vault')['env']).to.deep.equal([
      { name: 'ALL', key: 'external-secrets/analytics/orders/ALL' },
    ]);
    const remote = await migrated(ARGS, kubernetes({ server: { url: 'https://10.0.0.1' } }), secret({ data: items }));
    expect(remote.code).to.equal(3);
    expect(remote.objects).to.deep.equal({});
    expect(says(remote, 'spec')).to.contain('there is no binding');
  });

  it('has the values of any other provider copied to a store that is named', async () => {
    const aws = object('SecretStore', 'vault', { provider: { aws: { service: 'SecretsManager', region: 'x' } } });
    const source = secret({ data: [data('A', { key: 'prod/db', property: 'password' })] });
    const without = await migrated(ARGS, aws, source);
    expect([without.code, without.objects]).to.deep.equal([3, {}]);
    expect(says(without, 'A')).to.contain('name one with --store');
    const found = await migrated([...ARGS, '-s', 'platform/vault'], aws, source);
    expect(bindingSpec(found)).to.deep.include({ storeRef: { name: 'vault', namespace: 'platform' } });
    expect(found.told.at(-1)).to.contain('--store platform/vault');
  });
});
