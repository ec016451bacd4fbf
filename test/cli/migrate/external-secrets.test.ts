import { expect } from 'chai';
import { COMMANDS } from '../../../cli/commands.ts';
import { parse } from '../../../cli/parse.ts';
import { migrated, type Fields } from './migrated.ts';
import { ARGS, VAULT, SELECTOR, object, vault, secret, data, value, bindingSpec, storeSpec, says } from './sources.ts';

describe('migrate external-secrets', () => {
  it('uses values where they are, when a key of ours is the same secret', async () => {
    const found = await migrated(
      ARGS,
      vault(),
      secret({ refreshInterval: '1h30m', data: [data('DB_PASSWORD', value('orders/DB_PASSWORD'))] }),
    );
    expect(found.code).to.equal(0);
    expect(storeSpec(found)).to.deep.equal({
      type: 'vault',
      vault: {
        endpoint: 'https://vault.example:8200',
        path: '/v1/secret/data',
        auth: { appRole: { roleId: 'r', secretIdSecretRef: { name: 'approle', key: 'secret-id' }, mount: 'approle' } },
      },
      refreshInterval: '90m',
    });
    expect(bindingSpec(found)).to.deep.equal({
      storeRef: { name: 'vault' },
      selector: SELECTOR,
      env: [{ name: 'DB_PASSWORD', key: 'orders/DB_PASSWORD' }],
    });
    expect(says(found, 'spec.target')).to.contain('take what refers to Secret orders out');
    expect(found.told.join()).not.to.contain('import');
  });

  it('reads paths as External Secrets does', async () => {
    const keys = async (store: Fields, ...remote: string[]): Promise<readonly unknown[]> => {
      const items = remote.map((key, at) => data(`K${at}`, value(key)));
      const { env } = bindingSpec(await migrated(ARGS, vault(store), secret({ data: items })));
      return (env as { key: string }[]).map(({ key }) => key);
    };
    const same = ['a/b', 'secret/a/b', 'secret/data/a/b', '/a/b'];
    expect(new Set(await keys({}, ...same))).to.deep.equal(new Set(['a/b']));
    expect(await keys({ path: 'secret/data' }, 'a', 'secret/data/a')).to.deep.equal(['a', 'a']);
    expect(await keys({ version: 'v1' }, 'secret/a/b', 'a/b', 'data/a')).to.deep.equal(['a/b', 'a/b', 'data/a']);
    const first = await migrated(ARGS, vault({ version: 'v1', path: 'kv/team' }), secret({ data: [] }));
    expect(storeSpec(first)['vault']).to.include({ path: '/v1/kv/team' });
  });

  it('has what differs copied from the Secret that is there, into a group of its own, and says which and why', async () => {
    const items: readonly (readonly [string, Fields])[] = [
      ['property', { key: 'orders/api', property: 'token' }],
      ['key', { key: 'orders/api' }],
      ['version', value('orders/A', { version: '3' })],
      ['decodingStrategy', value('orders/A', { decodingStrategy: 'Base64' })],
      ['metadataPolicy', value('orders/A', { metadataPolicy: 'Fetch' })],
      ['nullBytePolicy', value('orders/A', { nullBytePolicy: 'Fail' })],
      ['property', value('orders/größe')],
    ];
    const found = await migrated(
      ARGS,
      vault(),
      secret({ target: { name: 'orders-db' }, data: items.map(([, ref], at) => data(`K${at}`, ref)) }),
    );
    expect(found.code).to.equal(3);
    const group = 'external-secrets/analytics/orders';
    expect(bindingSpec(found)['env']).to.deep.equal(items.map((_, at) => ({ name: `K${at}`, key: `${group}/K${at}` })));
    for (const [at, [field]] of items.entries())
      expect(says(found, `spec.data[${at}].remoteRef.${field}`)).to.contain('has to be copied');
    const line = `spark-secrets import --from-secret analytics/orders-db --group ${group} --store analytics/vault`;
    expect(found.told.filter((told) => told.startsWith('spark-secrets'))).to.deep.equal([line]);
    // It is a command line that there is.
    const words = line.split(' ').slice(2);
    expect(() =>
      parse(
        COMMANDS.find(({ name }) => name === 'import')!,
        words,
        {},
      ),
    ).not.to.throw();
  });

  it('gives as a group what only the Secret has names for', async () => {
    const found = await migrated(
      ARGS,
      vault(),
      secret({
        data: [data('A', value('a'))],
        dataFrom: [
          { extract: { key: 'orders/all' }, rewrite: [{ regexp: { source: '(.*)', target: 'DB_$1' } }] },
          { find: { name: { regexp: '^x' } } },
          { sourceRef: { generatorRef: { kind: 'VaultDynamicSecret', name: 'db' } } },
        ],
      }),
    );
    expect(bindingSpec(found)).to.deep.include({
      env: [{ name: 'A', key: 'a' }],
      envFrom: [{ group: 'external-secrets/analytics/orders' }],
    });
    for (const field of ['[0].extract', '[0].rewrite', '[1].find', '[2].sourceRef.generatorRef'])
      expect(says(found, `spec.dataFrom${field}`), field).not.to.equal('');
  });

  it('gives no group, which is variables, where all are to be files, and says so', async () => {
    const source = { data: [data('A', value('a'))], dataFrom: [{ extract: { key: 'b' } }, { extract: { key: 'c' } }] };
    const found = await migrated([...ARGS, '--deliver', 'files'], vault(), secret(source));
    expect(found.code).to.equal(3);
    expect(bindingSpec(found)).not.to.have.any.keys('env', 'envFrom');
    expect(found.told.filter((line) => line.includes(', spec.dataFrom: '))).to.have.length(1);
    expect(found.told.join()).to.contain('--group external-secrets/analytics/orders');
  });

  it('takes the result of a template, not what goes into it', async () => {
    const template = { engineVersion: 'v2', data: { URL: 'postgres://u:{{ .password }}@db', 'app.conf': 'x' } };
    const source = { data: [data('password', value('a'))], target: { template } };
    const found = await migrated(ARGS, vault(), secret(source));
    const group = 'external-secrets/analytics/orders';
    expect(bindingSpec(found)).to.deep.include({
      env: [{ name: 'URL', key: `${group}/URL` }],
      files: [{ path: 'app.conf', key: `${group}/app.conf` }],
    });
    expect(says(found, 'spec.target.template')).to.contain('copied');
    // A template may hold values.
    expect(found.err).not.to.contain('postgres://');
    const merged = await migrated(
      ARGS,
      vault(),
      secret({ ...source, target: { template: { ...template, mergePolicy: 'Merge' } } }),
    );
    expect(bindingSpec(merged)['env']).to.deep.include({ name: 'password', key: 'a' });
    const labels = await migrated(ARGS, vault(), secret({ ...source, target: { template: { type: 'Opaque' } } }));
    expect(labels.code).to.equal(0);
  });

  it('makes files of names that can be no variable, and of all when it is told to', async () => {
    const items = [
      data('db-password', value('a')),
      data('PATH', value('b')),
      data('ks.jks', value('c', { decodingStrategy: 'Base64' })),
    ];
    const found = await migrated(ARGS, vault(), secret({ data: items.slice(0, 2) }));
    expect(found.code).to.equal(0);
    const files = [
      { path: 'db-password', key: 'a' },
      { path: 'PATH', key: 'b' },
    ];
    expect(bindingSpec(found)).to.deep.include({ files }).and.not.to.have.property('env');
    expect(says(found, 'secretKey PATH')).to.contain('becomes a file');
    const all = await migrated([...ARGS, '--deliver', 'files'], vault(), secret({ data: items }));
    expect(all.code).to.equal(0);
    expect(bindingSpec(all)['files']).to.deep.equal([...files, { path: 'ks.jks', key: 'c', encoding: 'base64' }]);
  });

  it('names when and how a Secret was made, where that is otherwise here', async () => {
    const target = { immutable: true, creationPolicy: 'Merge', deletionPolicy: 'Delete', manifest: {} };
    const found = await migrated(
      ARGS,
      vault(),
      secret({ refreshPolicy: 'CreatedOnce', syncWindows: {}, target, other: 1, data: [data('A', value('a'))] }),
    );
    const named = ['refreshPolicy', 'syncWindows', 'other', ...Object.keys(target).map((name) => `target.${name}`)];
    for (const field of named) expect(says(found, `spec.${field}`), field).not.to.equal('');
    const once = await migrated(ARGS, vault(), secret({ refreshInterval: '0s', data: [data('A', value('a'))] }));
    expect(says(once, 'spec.refreshInterval')).to.contain('always');
    expect(storeSpec(once)).not.to.have.property('refreshInterval');
    const two = ['5m', '45s'].map((refreshInterval, at) =>
      secret({ refreshInterval, data: [data('A', value('a'))] }, `es-${at}`),
    );
    const both = await migrated(ARGS, vault(), ...two);
    expect(storeSpec(both)['refreshInterval']).to.equal('45s');
    expect(says(both, 'spec.refreshInterval')).to.contain('the shortest');
  });

  it('names objects that it can do nothing with, and goes on', async () => {
    const found = await migrated(
      ARGS,
      { apiVersion: 'v1', kind: 'List', items: [vault(), secret({ data: [data('A', value('a'))] })] },
      object('ClusterExternalSecret', 'many', {}),
      { ...secret({}), apiVersion: 'external-secrets.io/v1alpha1' },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } },
      secret({ secretStoreRef: { name: 'not-given' }, data: [data('A', value('a'))] }, 'lost'),
      object('ExternalSecret', 'x; rm -rf .', {}),
    );
    expect(found.code).to.equal(3);
    expect(bindingSpec(found)['env']).to.have.length(1);
    const said = (start: string): string => found.told.find((line) => line.startsWith(start)) ?? '';
    expect(said('ClusterExternalSecret many')).to.contain('one binding is for one namespace');
    expect(said('ExternalSecret orders, kind')).to.contain('v1beta1');
    expect(said('ConfigMap other')).to.contain('left out');
    expect(said('ExternalSecret analytics/lost, spec.secretStoreRef')).to.contain('give it, too');
    expect(said('ExternalSecret x; rm')).to.contain('no name');
    expect((await migrated([...ARGS, '--allow-partial'], vault(), object('PushSecret', 'p', {}))).code).to.equal(0);
  });

  it('prints no two bindings under one name, and takes nothing twice', async () => {
    const ref = (name: string): Fields => ({ sourceRef: { storeRef: { name } } });
    const two = [
      { ...data('A', value('a')), ...ref('vault') },
      { ...data('B', value('b')), ...ref('other') },
    ];
    const found = await migrated(
      ARGS,
      vault(),
      vault({}, 'other'),
      secret({ data: two }),
      secret({ data: [data('C', value('c'))] }, 'orders-vault'),
    );
    expect(found.code).to.equal(0);
    const names = ['orders-vault', 'orders-other', 'orders-vault-2'];
    expect(Object.keys(found.objects).slice(2)).to.deep.equal(
      names.map((name) => `SparkJobSecretBinding analytics/${name}`),
    );
    expect(says(found, 'metadata.name')).to.contain('analytics/orders-vault').and.contain('is orders-vault-2 there');
    const twice = await migrated(ARGS, vault(), secret({ data: two.slice(0, 1) }), secret({ data: [] }), vault());
    expect([twice.code, Object.keys(twice.objects).length]).to.deep.equal([3, 2]);
    expect(twice.told.filter((line) => line.includes('given twice'))).to.have.length(2);
  });

  it('says what is missing on its command line', async () => {
    const table: readonly (readonly [readonly string[], string])[] = [
      [['external-secrets'], 'say which Spark applications get the values'],
      [['external-secrets', '--label', 'x'], '--label is KEY=VALUE'],
      [[...ARGS, '-s', 'a/b/c'], '--store is [NAMESPACE/]NAME'],
      [['other'], 'migrate takes one of external-secrets, iomete'],
      [[], 'migrate wants external-secrets|iomete'],
    ];
    for (const [args, message] of table) {
      const { code, err } = await migrated(args, vault());
      expect([code, err.includes(message)], err).to.deep.equal([2, true]);
    }
    const placeless = object('ClusterSecretStore', 'vault', { provider: { vault: VAULT } }, {});
    expect((await migrated(ARGS, placeless)).err).to.contain('--store-namespace where ClusterSecretStore vault goes');
    expect((await migrated(ARGS, { kind: 'ConfigMap' })).code).to.equal(1);
    const labelled = await migrated(
      ['external-secrets', '--label', 'team=orders,app.kubernetes.io/name=x'],
      vault(),
      secret({ data: [data('A', value('a'))] }),
    );
    expect(bindingSpec(labelled)['selector']).to.deep.equal({
      matchLabels: { team: 'orders', 'app.kubernetes.io/name': 'x' },
    });
  });
});
