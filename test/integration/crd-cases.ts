/** Where the objects of the cases are. */
export const NAMESPACE = 'crds-test';

export type Fields = Readonly<Record<string, unknown>>;

/** A binding with these fields of the spec. */
export function binding(spec: Fields, name = 'b'): Fields {
  const base = {
    storeRef: { name: 'default' },
    selector: { applications: ['a'] },
    env: [{ name: 'A', key: 'A' }],
  };
  return object('SparkJobSecretBinding', name, { ...base, ...spec });
}

function store(spec: Fields): Fields {
  return object('SecretStoreConfig', 's', { type: 'kubernetes', ...spec });
}

function object(kind: string, name: string, spec: Fields): Fields {
  return { apiVersion: 'secrets.iomete.com/v1alpha1', kind, metadata: { name, namespace: NAMESPACE }, spec };
}

/** A binding of one Spark property. */
export const conf = (name: string, more: Fields = { key: 'K' }): Fields => binding({ sparkConf: [{ name, ...more }] });

const leased = (key: string): Fields => binding({ scope: 'Application', env: [{ name: 'A', key }] });
const vault = (more: Fields): Fields => {
  const auth = { tokenSecretRef: { name: 'n', key: 'k' } };
  return store({ type: 'vault', vault: { endpoint: 'https://v:8200', path: '/v1/secret/data/x', auth, ...more } });
};

/** What the API server refuses, and words of its reason. */
export const REFUSED: Readonly<Record<string, readonly [Fields, string]>> = {
  'a store in MySQL': [
    store({
      type: 'database',
      database: { client: 'mysql2', connectionSecretRef: { name: 'n', key: 'k' }, allowPlaintext: true },
    }),
    'client mysql2 is not yet supported',
  ],
  'a database that neither seals nor may hold values in clear': [
    store({ type: 'database', database: { client: 'pg', connectionSecretRef: { name: 'n', key: 'k' } } }),
    'set encryption.keySecretRef, or allowPlaintext',
  ],
  'two ways to log in': [
    store({
      type: 'vault',
      vault: {
        endpoint: 'https://v:8200',
        path: '/v1/secret/data/x',
        auth: { tokenSecretRef: { name: 'n', key: 'k' }, kubernetes: { role: 'r' } },
      },
    }),
    'set exactly one of tokenSecretRef, kubernetes, appRole, jwt',
  ],
  'a store with a block of another type': [
    store({
      vault: {
        endpoint: 'https://v:8200',
        path: '/v1/secret/data/x',
        auth: { tokenSecretRef: { name: 'n', key: 'k' } },
      },
    }),
    'vault is set, but type is not vault',
  ],
  'a request budget for a store that is watched': [
    store({ requestBudget: { perSecond: 5 } }),
    'a store of type kubernetes is read by watch',
  ],
  'a grant to no namespace': [store({ access: [{ namespaces: {}, keys: ['a'] }] }), 'name at least one namespace'],
  'a refresh interval of a day and a half': [
    store({ refreshInterval: '36h' }),
    'refreshInterval must be from 1s to 24h',
  ],
  'a binding with an empty selector': [
    binding({ selector: {} }),
    'an empty selector would give the secrets to every Spark job',
  ],
  'a binding with empty parts in its selector': [
    binding({ selector: { applications: [], matchLabels: {} } }),
    'an empty selector',
  ],
  'a binding that gives nothing': [binding({ env: [] }), 'a binding gives something'],
  'a file in a folder': [
    binding({ files: [{ path: 'tls/ca.pem', key: 'K' }] }),
    "path is the name of one file, of letters, digits and ._- only: there are no folders in a binding's own",
  ],
  'a file whose name begins with two dots': [
    binding({ files: [{ path: '..data', key: 'K' }] }),
    "it can't be . and can't begin with ..",
  ],
  'a file that is twice there': [
    binding({
      files: [
        { path: 'f', key: 'A' },
        { path: 'f', key: 'B' },
      ],
    }),
    'Duplicate value',
  ],
  'a file of credentials on lease': [
    binding({ scope: 'Application', files: [{ path: 'f', key: 'database/creds/ro#password' }] }),
    "credentials that are made for each run (a key with #) can't be a file: use env or sparkConf",
  ],
  'a file in an unknown encoding': [
    binding({ files: [{ path: 'f', key: 'K', encoding: 'hex' }] }),
    'supported values: "text", "base64"',
  ],
  'a file of a key with ..': [binding({ files: [{ path: 'f', key: 'a/..' }] }), "a key's segment can't be . or .."],
  'credentials on lease in a variable, with a Secret that all runs read': [
    binding({ env: [{ name: 'A', key: 'database/creds/ro#username' }] }),
    'a key with # asks for credentials that are made for each run of an application: set scope: Application',
  ],
  'credentials on lease in a property, with a Secret that all runs read': [
    binding({ scope: 'Shared', sparkConf: [{ name: 'spark.x.y', key: 'database/creds/ro#username' }] }),
    'set scope: Application',
  ],
  'credentials on lease without a field': [leased('database/creds/ro#'), 'should match'],
  'credentials on lease of two fields': [leased('database/creds/ro#a#b'), 'should match'],
  'a lease path that ends in ..': [leased('database/..#username'), "a key's segment can't be . or .."],
  'credentials on lease in a group': [
    binding({ scope: 'Application', envFrom: [{ group: 'database/creds/ro#x' }] }),
    'should match',
  ],
  'a dynamic path with a query': [vault({ dynamicPaths: ['database/creds/ro?x=y'] }), 'should match'],
  'another scope': [binding({ scope: 'Namespace' }), 'supported values: "Shared", "Application"'],
  'a least interval between restarts without restarts': [
    binding({ rotation: { minInterval: '5m' } }),
    'rotation.minInterval goes with onChange Restart',
  ],
  'a least interval with Keep': [
    binding({ rotation: { onChange: 'Keep', minInterval: '5m' } }),
    'rotation.minInterval goes with onChange Restart',
  ],
  'a least interval of half a minute': [
    binding({ rotation: { onChange: 'Restart', minInterval: '30s' } }),
    'rotation.minInterval must be from 1m to 24h',
  ],
  'a least interval of a day and a half': [
    binding({ rotation: { onChange: 'Restart', minInterval: '36h' } }),
    'rotation.minInterval must be from 1m to 24h',
  ],
  'a key with ..': [binding({ env: [{ name: 'A', key: 'a/../b' }] }), "a key's segment can't be . or .."],
  'a key with an empty segment': [binding({ env: [{ name: 'A', key: 'a//b' }] }), 'should match'],
  'one variable twice': [
    binding({
      env: [
        { name: 'A', key: 'A' },
        { name: 'A', key: 'B' },
      ],
    }),
    'Duplicate value',
  ],
  'a property with both key and template': [
    conf('spark.x.y', { key: 'K', template: 'x' }),
    'set exactly one of key and template',
  ],
  'a property with neither key nor template': [conf('spark.x.y', {}), 'set exactly one of key and template'],
  'a variable with both key and template': [
    binding({ env: [{ name: 'A', key: 'K', template: 'x' }] }),
    'set exactly one of key and template',
  ],
  'a variable with neither': [binding({ env: [{ name: 'A' }] }), 'set exactly one of key and template'],
  'delivery by the environment where nothing replaces variables': [
    conf('spark.sql.x', { key: 'K', delivery: 'Environment' }),
    'delivery Environment works for spark.hadoop.*',
  ],
  'a key store by value': [conf('spark.ssl.ui.keyStore', { key: 'K', delivery: 'Value' }), 'use delivery Auto'],
  'a preset of an unknown system': [binding({ presets: [{ type: 'S4A', group: 'g' }] }), 'supported values: "S3A"'],
  'a preset without a group': [binding({ presets: [{ type: 'S3A' }] }), 'Required value'],
  'a bucket for another system': [
    binding({ presets: [{ type: 'GCS', group: 'g', bucket: 'abc' }] }),
    'bucket and sessionToken go with type S3A',
  ],
  'ABFS without an account': [binding({ presets: [{ type: 'ABFS', group: 'g' }] }), 'type ABFS needs account'],
  'a catalog without a name': [
    binding({ presets: [{ type: 'IcebergREST', group: 'g' }] }),
    'types JDBC and IcebergREST need catalog',
  ],
  'OAuth for another system': [binding({ presets: [{ type: 'S3A', group: 'g', auth: 'OAuth' }] }), 'type ABFS'],
  'a mechanism for another system': [
    binding({ presets: [{ type: 'S3A', group: 'g', mechanism: 'PLAIN' }] }),
    'prefix and mechanism go with type Kafka',
  ],
  'a reference to both a key and a group': [
    binding({ references: [{ key: 'K', group: 'g' }] }),
    'set exactly one of key and group',
  ],
  'a reference to credentials on lease': [binding({ references: [{ key: 'a/b#c' }] }), 'should match'],
  'a property outside spark.': [conf('hadoop.x.y'), 'should match'],
  'an unknown field': [binding({ unresolvd: 'Block' }), 'unknown field'],
  'an unresolved that empties': [binding({ unresolved: 'Empty' }), 'supported values: "Block"'],
};

/** What it takes. */
export const ACCEPTED: Readonly<Record<string, Fields>> = {
  'credentials on lease in variables, properties and templates': binding({
    scope: 'Application',
    env: [{ name: 'A', key: 'database/creds/ro#username' }],
    sparkConf: [
      { name: 'spark.x.y', key: 'database/creds/ro#password' },
      { name: 'spark.x.z', template: '${database/creds/ro#password}' },
    ],
  }),
  'paths where credentials are made': vault({ dynamicPaths: ['database/creds/ro', 'aws/**'] }),
  'a grant of fields of credentials on lease': store({
    access: [{ namespaces: { matchNames: ['a'] }, keys: ['database/creds/ro#*', 'x/*#user*'] }],
  }),
  'the smallest binding': binding({}),
  'a binding with everything that works': binding({
    storeRef: { name: 'default', namespace: 'platform' },
    selector: { matchLabels: { team: 'orders' }, applications: ['orders-*'] },
    env: [
      { name: 'A', key: 'a/b.c-d_e', targets: ['driver'] },
      { name: 'B', template: 'jdbc:${a/HOST}' },
    ],
    envFrom: [{ group: 'orders/s3', prefix: 'S3_' }],
    sparkConf: [
      { name: 'spark.hadoop.fs.azure.account.key.acc.dfs.core.windows.net', key: 'K' },
      { name: 'spark.ssl.keyPassword', template: '${K}', delivery: 'Environment' },
      { name: 'spark.ssl.ui.keyStore', key: 'K' },
    ],
    presets: [
      { type: 'S3A', group: 'orders/s3', bucket: 'raw', sessionToken: true },
      { type: 'ABFS', group: 'g', account: 'sales', auth: 'OAuth' },
      { type: 'GCS', group: 'g' },
      { type: 'JDBC', group: 'g', catalog: 'pg' },
      { type: 'Kafka', group: 'g', prefix: '', mechanism: 'SCRAM' },
      { type: 'IcebergREST', group: 'g', catalog: 'lake' },
    ],
    references: [{ key: 'a/K' }, { group: 'orders/s3' }],
    files: [
      { path: 'keystore.jks', key: 'orders/KEYSTORE', encoding: 'base64' },
      { path: '.pgpass', key: 'K' },
    ],
    scope: 'Shared',
    rotation: { onChange: 'Keep' },
    unresolved: 'Block',
    precedence: 'Pod',
  }),
  'a binding of scope Application': binding({ scope: 'Application' }),
  'a binding with restarts': binding({ rotation: { onChange: 'Restart' } }),
  'a binding with restarts at intervals': binding({ rotation: { onChange: 'Restart', minInterval: '1h30m' } }),
  'a binding that only lets jobs refer to keys': binding({ env: [], references: [{ key: 'K' }] }),
  'a binding that is a preset': binding({ env: [], presets: [{ type: 'S3A', group: 'g' }] }),
  'the smallest store': store({}),
  'a store with grants': store({
    refreshInterval: '1m30s',
    access: [
      {
        namespaces: { matchNames: ['analytics'], selector: { matchLabels: { team: 'a' } } },
        keys: ['orders/**', 'SHARED_*'],
      },
    ],
  }),
};
