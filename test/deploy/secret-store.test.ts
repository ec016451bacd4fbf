import { expect } from 'chai';

import { container, failure, kindsOf, only, rendered } from './rendered-chart.ts';
import type { Manifest } from './rendered-chart.ts';

const STORE = 'SecretStoreConfig';
const CLEAR = 'try-spark-secrets-operator-store';
const vault = { endpoint: 'http://vault.vault.svc.cluster.local:8200', path: '/v1/secret/data/iomete/poc' };
const granted = [
  { namespaces: { selector: { matchLabels: { 'secrets.iomete.com/use-default-store': 'true' } } }, keys: ['**'] },
];

interface Policy {
  readonly egress: readonly { readonly ports: readonly object[] }[];
}

async function store(values: Record<string, unknown>): Promise<unknown> {
  return only(await rendered({ secretStore: values }), STORE).spec;
}

/** The Secret with what the values have in clear. */
function clearText(objects: readonly Manifest[]): unknown {
  return objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === CLEAR)?.stringData;
}

describe('secretStore', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  it('makes nothing when it has no type', async () => {
    expect(kindsOf(await rendered())).not.to.include(STORE);
  });

  it('as IOMETE’s chart takes it: a token in clear goes into a Secret, and the path stays what it is', async () => {
    const objects = await rendered({ secretStore: { type: 'vault', vaultSettings: { ...vault, token: 'root' } } });
    const made = only(objects, STORE);
    expect(made.metadata).to.include({ name: 'default', namespace: 'apart' });
    expect(made.spec).to.deep.equal({
      type: 'vault',
      refreshInterval: '30s',
      vault: { ...vault, auth: { tokenSecretRef: { name: CLEAR, key: 'token' } } },
      access: granted,
    });
    expect(clearText(objects)).to.deep.equal({ token: 'root' });
  });

  it('of type vault refers to the Secret that tokenSecret names, and makes none', async () => {
    const vaultSettings = { ...vault, tokenSecret: { name: 'vault-token', key: 'value' } };
    const objects = await rendered({ secretStore: { type: 'vault', vaultSettings } });
    expect(only(objects, STORE).spec).to.have.nested.property('vault.auth.tokenSecretRef').that.deep.equals({
      name: 'vault-token',
      key: 'value',
    });
    expect(clearText(objects)).to.equal(undefined);
  });

  it('of type vault takes what else a store can have', async () => {
    const more = {
      auth: { kubernetes: { role: 'spark-secrets' } },
      tls: { caSecretRef: { name: 'ca', key: 'ca.crt' } },
      namespace: 'team-a',
      dynamicPaths: ['database/creds/*'],
    };
    expect(await store({ type: 'vault', vaultSettings: { ...vault, ...more } }))
      .to.have.property('vault')
      .that.deep.equals({ ...vault, ...more });
  });

  it('of type vault is reached at its port by the NetworkPolicy', async () => {
    const ports = {
      'https://vault:8200': 8200,
      'https://vault:8443/': 8443,
      'https://vault': 443,
      'http://vault/': 80,
      'https://[fd00::1]:8200': 8200,
      'https://[fd00::1]': 443,
    };
    const networkPolicy = { enabled: true, egress: { enabled: true } };
    for (const [endpoint, port] of Object.entries(ports)) {
      const secretStore = { type: 'vault', vaultSettings: { ...vault, endpoint, token: 'root' } };
      const { egress } = only(await rendered({ networkPolicy, secretStore }), 'NetworkPolicy').spec as Policy;
      expect(egress.at(-1)?.ports, endpoint).to.deep.equal([{ port, protocol: 'TCP' }]);
    }
  });

  it('of type kubernetes has its values in Secret iomete-secret-store, as IOMETE does', async () => {
    expect(await store({ type: 'kubernetes' })).to.deep.equal({
      type: 'kubernetes',
      refreshInterval: '30s',
      kubernetes: { secretName: 'iomete-secret-store' },
      access: granted,
    });
  });

  it('of type database has its values in table secret_store, as IOMETE does, and sealed', async () => {
    const databaseSettings = { urlSecret: { name: 'db' }, encryptionKeySecret: { name: 'kek' } };
    expect(await store({ type: 'database', databaseSettings }))
      .to.have.property('database')
      .that.deep.equals({
        client: 'pg',
        connectionSecretRef: { name: 'db', key: 'url' },
        table: 'secret_store',
        encryption: { keySecretRef: { name: 'kek', key: 'key' } },
      });
  });

  it('of type database takes a URL in clear, and clear values, where that is said', async () => {
    const databaseSettings = { url: 'postgresql://a:b@db/c', allowPlaintext: true };
    const objects = await rendered({ secretStore: { type: 'database', databaseSettings } });
    expect(only(objects, STORE).spec)
      .to.have.property('database')
      .that.deep.equals({
        client: 'pg',
        connectionSecretRef: { name: CLEAR, key: 'url' },
        table: 'secret_store',
        allowPlaintext: true,
      });
    expect(clearText(objects)).to.deep.equal({ url: 'postgresql://a:b@db/c' });
  });

  it('gives way to another type: settings of others, and what they have in clear, are not used', async () => {
    const objects = await rendered({ secretStore: { type: 'kubernetes', vaultSettings: { token: 'root' } } });
    expect(clearText(objects)).to.equal(undefined);
  });

  it('grants what access says; nothing, when it is empty', async () => {
    const access = [{ namespaces: { matchNames: ['analytics'] }, keys: ['orders/*'] }];
    expect(await store({ type: 'kubernetes', access })).to.deep.include({ access });
    expect(await store({ type: 'kubernetes', access: [] })).not.to.have.property('access');
  });

  it('shows what it has in clear nowhere but in the Secret', async () => {
    const databaseSettings = { url: 'postgresql://a:canary@db/c', allowPlaintext: true };
    const objects = await rendered({ secretStore: { type: 'database', databaseSettings } });
    const others = objects.filter(({ kind, metadata }) => !(kind === 'Secret' && metadata.name === CLEAR));
    expect(JSON.stringify(others)).not.to.include('canary');
    expect(container(objects).env.map(({ name }) => name)).not.to.include('TOKEN');
  });

  const login = { ...vault, token: 'canary' };
  const refused: Record<string, [Record<string, unknown>, RegExp]> = {
    'an unknown type': [
      { type: 'aws' },
      /'\/secretStore\/type': value must be one of '', 'database', 'kubernetes', 'v/,
    ],
    'vault without an endpoint': [{ type: 'vault' }, /endpoint is not set: say where Vault is/],
    'an endpoint with a path': [
      { type: 'vault', vaultSettings: { ...login, endpoint: 'http://vault:8200/v1' } },
      /'\/secretStore\/vaultSettings\/endpoint': .*does not match/,
    ],
    'a path of the CLI': [
      { type: 'vault', vaultSettings: { ...login, path: 'secret/iomete/poc' } },
      /path is "secret\/iomete\/poc": write the path of Vault's API, \/v1\/secret\/data\/iomete\/poc/,
    ],
    'no login': [
      { type: 'vault', vaultSettings: vault },
      /exactly one of token, tokenSecret \(its name\) and auth\. Set: none/,
    ],
    'two logins': [
      { type: 'vault', vaultSettings: { ...login, tokenSecret: { name: 'a' } } },
      /exactly one of .*Set: token, tokenSecret\./,
    ],
    'tokenSecret without a key': [
      { type: 'vault', vaultSettings: { ...vault, tokenSecret: { name: 'a', key: '' } } },
      /tokenSecret\.key is not set/,
    ],
    'database without a URL': [{ type: 'database' }, /urlSecret\.name is not set: put postgresql:\/\//],
    'database with two URLs': [
      { type: 'database', databaseSettings: { url: 'canary', urlSecret: { name: 'a' } } },
      /url and urlSecret are both set\. Keep urlSecret/,
    ],
    'database without a key': [
      { type: 'database', databaseSettings: { urlSecret: { name: 'a' } } },
      /encryptionKeySecret\.name is not set: make a key/,
    ],
    'a grant to everybody': [{ type: 'kubernetes', access: [{ namespaces: {}, keys: ['**'] }] }, /minProperties/],
    'a setting that does not exist': [
      { type: 'vault', vaultSettings: { ...login, address: 'x' } },
      /'\/secretStore\/vaultSettings': additional properties 'address' not allowed/,
    ],
  };
  for (const [what, [secretStore, says]] of Object.entries(refused)) {
    it(`refuses ${what}, and shows nothing secret`, async () => {
      const message = await failure(rendered({ secretStore }));
      expect(message).to.match(says);
      expect(message).not.to.include('canary');
    });
  }
});

describe('stores', function () {
  this.timeout(60_000);
  const spec = { type: 'kubernetes', kubernetes: { secretName: 'team-a' } };

  it('are SecretStoreConfigs of the release’s namespace with their specs as they are', async () => {
    const objects = await rendered({ stores: [{ name: 'team-a', spec }], 'secretStore.type': 'kubernetes' });
    const found = objects.filter(({ kind }) => kind === STORE);
    expect(found.map(({ metadata }) => metadata.name)).to.have.members(['default', 'team-a']);
    expect(found.find(({ metadata }) => metadata.name === 'team-a')?.spec).to.deep.equal(spec);
    for (const { metadata } of found) expect(metadata.namespace).to.equal('apart');
  });

  it('are refused with a name that is taken', async () => {
    const stores = [{ name: 'default', spec }];
    expect(await failure(rendered({ stores, 'secretStore.type': 'kubernetes' }))).to.include(
      'two stores named default',
    );
    expect(kindsOf(await rendered({ stores }))).to.include(STORE);
  });
});
