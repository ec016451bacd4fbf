import type { BindingSpec } from '../api/kinds.ts';

/** One entry of presets. */
export type Preset = NonNullable<BindingSpec['presets']>[number];

/** What a preset stands for: entries as a user would write them. */
export interface PresetEntries {
  readonly env: NonNullable<BindingSpec['env']>;
  readonly sparkConf: NonNullable<BindingSpec['sparkConf']>;
}

type ConfEntries = PresetEntries['sparkConf'];

const AZURE_HOST = '.dfs.core.windows.net';
const AZURE_TOKENS = 'https://login.microsoftonline.com';
const AZURE_PROVIDER = 'org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvider';

/**
 * The entries of a preset. Names are those of the systems' own pages: Hadoop's for S3A and ABFS, of the Cloud Storage
 * connector 2.x for GCS, Spark's for JDBC catalogs, Kafka's for SASL, Iceberg's for REST catalogs.
 */
export function presetEntries(preset: Preset): PresetEntries {
  switch (preset.type) {
    case 'S3A':
      return conf(s3a(preset));
    case 'ABFS':
      return conf(abfs(preset));
    case 'GCS':
      return conf(
        keys('spark.hadoop.fs.gs.auth.service.account.', preset.group, {
          'private.key': 'PRIVATE_KEY',
          'private.key.id': 'PRIVATE_KEY_ID',
          email: 'CLIENT_EMAIL',
        }),
      );
    case 'JDBC':
      return conf(catalog(preset, { url: 'URL', user: 'USER', password: 'PASSWORD' }));
    case 'IcebergREST':
      return conf(catalog(preset, { credential: 'CREDENTIAL' }));
    case 'Kafka':
      return { env: kafka(preset), sparkConf: [] };
  }
}

function s3a({ group, bucket, sessionToken = false }: Preset): ConfEntries {
  const start = bucket === undefined ? 'spark.hadoop.fs.s3a.' : `spark.hadoop.fs.s3a.bucket.${bucket}.`;
  return keys(start, group, {
    'access.key': 'ACCESS_KEY',
    'secret.key': 'SECRET_KEY',
    ...(sessionToken ? { 'session.token': 'SESSION_TOKEN' } : {}),
  });
}

function abfs({ group, account = '', auth = 'SharedKey' }: Preset): ConfEntries {
  const host = account.includes('.') ? account : account + AZURE_HOST;
  const name = (property: string): string => `spark.hadoop.fs.azure.account.${property}.${host}`;
  if (auth === 'SharedKey') return [{ name: name('key'), key: `${group}/ACCOUNT_KEY` }];
  return [
    // Not secret, and said here because a half of it helps nobody.
    { name: name('auth.type'), template: 'OAuth', delivery: 'Value' },
    { name: name('oauth.provider.type'), template: AZURE_PROVIDER, delivery: 'Value' },
    { name: name('oauth2.client.id'), key: `${group}/CLIENT_ID` },
    { name: name('oauth2.client.secret'), key: `${group}/CLIENT_SECRET` },
    { name: name('oauth2.client.endpoint'), template: `${AZURE_TOKENS}/\${${group}/TENANT_ID}/oauth2/token` },
  ];
}

function catalog({ group, catalog: name = '' }: Preset, names: Readonly<Record<string, string>>): ConfEntries {
  return keys(`spark.sql.catalog.${name}.`, group, names);
}

function kafka({ group, prefix = 'KAFKA_', mechanism = 'PLAIN' }: Preset): PresetEntries['env'] {
  const login = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  const jaas = `org.apache.kafka.common.security.${login} required username="\${${group}/USERNAME}" password="\${${group}/PASSWORD}";`;
  return [
    { name: `${prefix}USERNAME`, key: `${group}/USERNAME` },
    { name: `${prefix}PASSWORD`, key: `${group}/PASSWORD` },
    { name: `${prefix}SASL_JAAS_CONFIG`, template: jaas },
  ];
}

/** Properties that begin alike, each from a key of the group. */
function keys(start: string, group: string, names: Readonly<Record<string, string>>): ConfEntries {
  return Object.entries(names).map(([name, key]) => ({ name: start + name, key: `${group}/${key}` }));
}

function conf(sparkConf: ConfEntries): PresetEntries {
  return { env: [], sparkConf };
}
