import { expect } from 'chai';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import { carrierOf, expandedSpec, isCarrier } from '../../operator/injection/expanded-spec.ts';
import { requirements } from '../../operator/injection/requirements.ts';
import { spec } from './bindings.ts';

type Conf = NonNullable<BindingSpec['sparkConf']>[number];

/** What the property comes to: its text, and where its variable comes from. */
function delivered(entry: Conf): { text: string | undefined; variable: string | undefined } {
  const { env = [], sparkConf = [] } = expandedSpec(spec({ sparkConf: [entry] }));
  const [property] = sparkConf;
  const carrier = property && carrierOf(property);
  const source = env.find(({ name }) => name === carrier);
  return { text: property?.template ?? property?.key, variable: source?.key ?? source?.template };
}

describe('delivery of a Spark property', () => {
  const carried: readonly (Conf & { readonly form: RegExp })[] = [
    { name: 'spark.hadoop.fs.s3a.secret.key', key: 'k', form: /^\$\$\{env\.SPARK_SECRET_[0-9a-f]{12}\}$/ },
    { name: 'spark.hadoop.x', template: 'a${k}', form: /^\$\$\{env\./ },
    { name: 'spark.hadoop.x', key: 'db/creds/r#username', form: /^\$\$\{env\./ },
    { name: 'spark.hadoop.x', key: 'k', delivery: 'Environment', form: /^\$\$\{env\./ },
    { name: 'spark.ssl.keyPassword', key: 'k', form: /^\$\$\{env:SPARK_SECRET_/ },
    { name: 'spark.ssl.ui.keyStore', key: 'k', form: /^\$\$\{env:/ },
    { name: 'spark.ssl.rpc.privateKeyPassword', key: 'k', form: /^\$\$\{env:/ },
    ...['keyStore', 'keyStorePassword', 'trustStore', 'trustStorePassword'].map((part) => ({
      name: `spark.ssl.${part}`,
      key: 'k',
      form: /^\$\$\{env:/,
    })),
  ];
  for (const { form, ...entry } of carried) {
    it(`is by the environment: ${JSON.stringify(entry)}`, () => {
      const { text, variable } = delivered(entry);
      expect(text).to.match(form);
      expect(variable).to.equal(entry.key ?? entry.template);
    });
  }

  const whole: readonly Conf[] = [
    { name: 'spark.sql.catalog.c.credential', key: 'k' },
    { name: 'spark.hadoop.x', key: 'k', delivery: 'Value' },
    { name: 'spark.hadoop.x', template: 'no key at all' },
    { name: 'spark.hadoop.x', template: 'a${k}${db/creds/r#username}' },
    { name: 'spark.ssl.keyPassword', key: 'k', delivery: 'Value' },
    { name: 'spark.ssl.ui.enabledAlgorithms', key: 'k' },
    { name: 'spark.hadoopx', key: 'k' },
  ];
  for (const entry of whole) {
    it(`is in the property: ${JSON.stringify(entry)}`, () => {
      expect(delivered(entry)).to.deep.equal({ text: entry.template ?? entry.key, variable: undefined });
    });
  }

  it('uses one variable for one property in every binding, and another for another', () => {
    const name = (property: string) =>
      expandedSpec(spec({ sparkConf: [{ name: property, key: 'k' }] })).env?.[0]?.name ?? '';
    expect(name('spark.hadoop.a')).to.equal(name('spark.hadoop.a')).and.not.equal(name('spark.hadoop.b'));
    expect(isCarrier(name('spark.hadoop.a'))).to.equal(true);
  });

  const wrong: readonly (Conf & { readonly tells: RegExp })[] = [
    { name: 'spark.sql.x', key: 'k', delivery: 'Environment', tells: /use delivery Auto or Value/ },
    {
      name: 'spark.ssl.keyStore',
      key: 'k',
      delivery: 'Value',
      tells: /executor pod specs in clear: use delivery Auto/,
    },
    { name: 'spark.ssl.keyStore', template: 'x${a/b#c}', tells: /credentials on lease can't be part/ },
    { name: 'spark.hadoop.x', template: 'x${a/b#c}', delivery: 'Environment', tells: /credentials on lease can't be/ },
  ];
  for (const { tells, ...entry } of wrong) {
    it(`is refused: ${JSON.stringify(entry)}`, () => {
      const { problems } = requirements(spec({ sparkConf: [entry], scope: 'Application' }));
      expect(problems.map(({ message }) => message).join(' ')).to.match(tells);
    });
  }
});

describe('a preset', () => {
  const group = 'a/g';
  const cases: readonly { readonly presets: NonNullable<BindingSpec['presets']>; readonly gives: object }[] = [
    {
      presets: [{ type: 'S3A', group }],
      gives: {
        'spark.hadoop.fs.s3a.access.key': 'a/g/ACCESS_KEY',
        'spark.hadoop.fs.s3a.secret.key': 'a/g/SECRET_KEY',
      },
    },
    {
      presets: [{ type: 'S3A', group, bucket: 'raw-data', sessionToken: true }],
      gives: {
        'spark.hadoop.fs.s3a.bucket.raw-data.access.key': 'a/g/ACCESS_KEY',
        'spark.hadoop.fs.s3a.bucket.raw-data.secret.key': 'a/g/SECRET_KEY',
        'spark.hadoop.fs.s3a.bucket.raw-data.session.token': 'a/g/SESSION_TOKEN',
      },
    },
    {
      presets: [{ type: 'ABFS', group, account: 'sales' }],
      gives: { 'spark.hadoop.fs.azure.account.key.sales.dfs.core.windows.net': 'a/g/ACCOUNT_KEY' },
    },
    {
      presets: [{ type: 'ABFS', group, account: 'sales.dfs.core.chinacloudapi.cn', auth: 'OAuth' }],
      gives: {
        'spark.hadoop.fs.azure.account.auth.type.sales.dfs.core.chinacloudapi.cn': 'OAuth',
        'spark.hadoop.fs.azure.account.oauth.provider.type.sales.dfs.core.chinacloudapi.cn':
          'org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvider',
        'spark.hadoop.fs.azure.account.oauth2.client.id.sales.dfs.core.chinacloudapi.cn': 'a/g/CLIENT_ID',
        'spark.hadoop.fs.azure.account.oauth2.client.secret.sales.dfs.core.chinacloudapi.cn': 'a/g/CLIENT_SECRET',
        'spark.hadoop.fs.azure.account.oauth2.client.endpoint.sales.dfs.core.chinacloudapi.cn':
          'https://login.microsoftonline.com/${a/g/TENANT_ID}/oauth2/token',
      },
    },
    {
      presets: [{ type: 'GCS', group }],
      gives: {
        'spark.hadoop.fs.gs.auth.service.account.private.key': 'a/g/PRIVATE_KEY',
        'spark.hadoop.fs.gs.auth.service.account.private.key.id': 'a/g/PRIVATE_KEY_ID',
        'spark.hadoop.fs.gs.auth.service.account.email': 'a/g/CLIENT_EMAIL',
      },
    },
    {
      presets: [{ type: 'JDBC', group, catalog: 'pg' }],
      gives: {
        'spark.sql.catalog.pg.url': 'a/g/URL',
        'spark.sql.catalog.pg.user': 'a/g/USER',
        'spark.sql.catalog.pg.password': 'a/g/PASSWORD',
      },
    },
    {
      presets: [{ type: 'IcebergREST', group, catalog: 'lake' }],
      gives: { 'spark.sql.catalog.lake.credential': 'a/g/CREDENTIAL' },
    },
    {
      presets: [{ type: 'Kafka', group }],
      gives: {
        KAFKA_USERNAME: 'a/g/USERNAME',
        KAFKA_PASSWORD: 'a/g/PASSWORD',
        KAFKA_SASL_JAAS_CONFIG:
          'org.apache.kafka.common.security.plain.PlainLoginModule required username="${a/g/USERNAME}" password="${a/g/PASSWORD}";',
      },
    },
    {
      presets: [{ type: 'Kafka', group, prefix: '', mechanism: 'SCRAM' }],
      gives: {
        USERNAME: 'a/g/USERNAME',
        PASSWORD: 'a/g/PASSWORD',
        SASL_JAAS_CONFIG:
          'org.apache.kafka.common.security.scram.ScramLoginModule required username="${a/g/USERNAME}" password="${a/g/PASSWORD}";',
      },
    },
  ];
  for (const { presets, gives } of cases) {
    it(`stands for what its system reads: ${JSON.stringify(presets[0])}`, () => {
      const { env = [], sparkConf = [] } = expandedSpec(spec({ presets }));
      const sources = new Map(env.map((entry) => [entry.name, entry.key ?? entry.template]));
      const properties = sparkConf.map((entry) => [
        entry.name,
        sources.get(carrierOf(entry) ?? '') ?? entry.key ?? entry.template,
      ]);
      const variables = [...sources].filter(([name]) => !isCarrier(name));
      expect(Object.fromEntries([...properties, ...variables])).to.deep.equal(gives);
      expect(requirements(spec({ presets })).problems).to.deep.equal([]);
    });
  }

  it('gives way to an entry that names the same', () => {
    const own = { name: 'spark.hadoop.fs.s3a.secret.key', key: 'mine', delivery: 'Value' } as const;
    const { sparkConf = [] } = expandedSpec(spec({ presets: [{ type: 'S3A', group }], sparkConf: [own] }));
    expect(sparkConf.filter(({ name }) => name === own.name)).to.deep.equal([own]);
    expect(sparkConf).to.have.lengthOf(2);
  });
});

describe('expandedSpec', () => {
  it('returns what it returned unchanged', () => {
    const once = expandedSpec(
      spec({
        presets: [{ type: 'S3A', group: 'g' }],
        sparkConf: [{ name: 'spark.hadoop.x', key: 'k' }],
      }),
    );
    expect(expandedSpec(once)).to.equal(once);
    expect(expandedSpec(structuredClone(once))).to.deep.equal(once);
  });
});
