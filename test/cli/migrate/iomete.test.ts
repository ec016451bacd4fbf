import { expect } from 'chai';
import { migrated, type Fields, type Migrated } from './migrated.ts';

const ARGS = ['iomete', '-n', 'analytics', '-s', 'platform/default'];
const object = (key: string, type: string, id: string): Fields => ({ key, source: { type, id } });
const specOf = ({ objects }: Migrated, name: string): Fields => {
  expect(Object.keys(objects)).to.include(`SparkJobSecretBinding analytics/${name}`);
  return objects[`SparkJobSecretBinding analytics/${name}`]!['spec'] as Fields;
};
const says = ({ told }: Migrated, field: string): string => told.find((line) => line.includes(`, ${field}: `)) ?? '';

describe('migrate iomete', () => {
  it('lists the keys that a job refers to, which stays as it is', async () => {
    const found = await migrated(ARGS, {
      name: 'Orders ETL',
      template: {
        envVars: { API_KEY: '${secrets.api_key}', MODE: 'production' },
        sparkConf: {
          'spark.hadoop.fs.s3a.secret.key': '${secrets.s3_secret}',
          'spark.url': 'jdbc:x?u=${secrets.user}&p=${secrets.api_key}',
          'spark.executorEnv.TOKEN': '${secrets.token}',
          'spark.ui.port': '4045',
        },
      },
    });
    expect(found.code).to.equal(0);
    expect(specOf(found, 'orders-etl')).to.deep.equal({
      storeRef: { name: 'default', namespace: 'platform' },
      selector: { applications: ['Orders ETL'] },
      references: ['api_key', 's3_secret', 'token', 'user'].map((key) => ({ key })),
    });
    expect(says(found, 'name')).to.contain('spark.app.name');
  });

  it('gives what a secretObject names, from the store of its source', async () => {
    const payload = {
      name: 'orders',
      sparkConfig: {
        envSecrets: [{ key: 'API_TOKEN', secretObject: object('api_token', 'VAULT', 'v1') }],
        sparkConfSecrets: [
          { key: 'spark.hadoop.fs.s3a.secret.key', secretObject: object('s3', 'KUBERNETES', 'sales') },
        ],
      },
    };
    const found = await migrated([...ARGS, '--vault-store', 'v1=platform/vault', '--label', 'team=a'], payload);
    expect(found.code).to.equal(0);
    expect(specOf(found, 'orders-vault')).to.deep.equal({
      storeRef: { name: 'vault', namespace: 'platform' },
      selector: { matchLabels: { team: 'a' } },
      env: [{ name: 'API_TOKEN', key: 'api_token' }],
    });
    const sparkConf = [{ name: 'spark.hadoop.fs.s3a.secret.key', key: 's3' }];
    expect(specOf(found, 'orders-default')).to.deep.include({ sparkConf });
    const without = await migrated(ARGS, payload);
    expect(without.code).to.equal(3);
    expect(says(without, 'sparkConfig.envSecrets[0].secretObject.source.id')).to.contain('--vault-store v1=');
    expect(specOf(without, 'orders')).to.deep.include({ sparkConf });
  });

  it('gives jobs whose names differ in letters alone bindings of their own', async () => {
    const job = (name: string): Fields => ({ name, envVars: { A: '${secrets.a}' } });
    const found = await migrated(
      ARGS,
      job('Orders ETL'),
      job('orders-etl'),
      job('X'.repeat(253)),
      job('x'.repeat(253)),
    );
    expect(found.code).to.equal(0);
    expect(specOf(found, 'orders-etl')['selector']).to.deep.equal({ applications: ['Orders ETL'] });
    expect(specOf(found, 'orders-etl-2')['selector']).to.deep.equal({ applications: ['orders-etl'] });
    expect(specOf(found, `${'x'.repeat(251)}-2`)['selector']).to.deep.equal({ applications: ['x'.repeat(253)] });
    expect(says(found, 'metadata.name')).to.contain('this one is orders-etl-2 there');
  });

  it('finds the keys of domains in groups, when that is where import put them', async () => {
    const payload = {
      name: 'nb',
      config: {
        envVars: { A: '${secrets.a}' },
        envSecrets: [
          { key: 'B', secretObject: object('b', 'KUBERNETES', 'sales') },
          { key: 'C', secretObject: object('c', 'KUBERNETES', 'hr') },
        ],
      },
    };
    const found = await migrated([...ARGS, '--domain', 'sales'], payload);
    expect(specOf(found, 'nb')).to.deep.include({
      env: [
        { name: 'B', key: 'sales/b' },
        { name: 'C', key: 'hr/c' },
      ],
      references: [{ key: 'sales/a' }],
    });
    // The job itself has to say another name.
    expect(found.code).to.equal(3);
    expect(found.told.join('\n')).to.contain('write ${secrets.sales/KEY} in the job');
    const flat = await migrated(ARGS, payload);
    expect(flat.code).to.equal(3);
    expect(flat.told.join('\n')).to.contain('several domains (sales, hr)');
  });

  it('names what the operator does not replace, or would show', async () => {
    const found = await migrated(ARGS, {
      name: 'orders',
      envVars: { JAVA_TOOL_OPTIONS: '${secrets.a}' },
      sparkConf: { 'spark.driver.extraJavaOptions': '-Dx=${secrets.a}', 'spark.x': '${secrets.a b}' },
      arguments: ['--password', '${secrets.a}'],
      javaOptions: '-Dx=${secrets.a}',
      configMaps: [{ mountPath: '/etc', key: 'x', content: '${secrets.a}' }],
      envSecrets: [
        { key: 'A-B', secretObject: object('a', 'KUBERNETES', 'd') },
        { key: 'A', secretObject: object('a', 'AWS', 'd') },
        { key: 'B', secretObject: object('a b', 'KUBERNETES', 'd') },
      ],
      sparkConfSecrets: [{ key: 'API_TOKEN', secretObject: object('a', 'KUBERNETES', 'd') }],
    });
    expect([found.code, found.objects]).to.deep.equal([3, {}]);
    for (const field of [
      'envVars.JAVA_TOOL_OPTIONS',
      'sparkConf.spark.driver.extraJavaOptions',
      '${secrets.a b}',
      'arguments',
      'javaOptions',
      'configMaps',
      'envSecrets[0].key',
      'envSecrets[1].secretObject.source.type',
      'envSecrets[2].secretObject.key',
      'sparkConfSecrets[0].key',
    ])
      expect(says(found, field), field).not.to.equal('');
  });

  it('says when there is nothing to do, or not enough to do it', async () => {
    expect((await migrated(ARGS, { name: 'x', template: { envVars: { A: '1' } } })).err).to.contain('names a secret');
    expect((await migrated(['iomete'], { name: 'x' })).err).to.contain('--store [NAMESPACE/]NAME');
    expect((await migrated([...ARGS, '--vault-store', 'x'], { name: 'x' })).err).to.contain('--vault-store is ID=');
    const nameless = await migrated(ARGS, { envVars: { A: '${secrets.a}' } });
    expect([nameless.code, nameless.told.join()]).to.satisfy(
      ([code, told]: [number, string]) => code === 3 && told.includes('give --application or --label'),
    );
  });
});
