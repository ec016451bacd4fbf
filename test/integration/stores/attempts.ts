// What somebody tries who wants to reach more than was granted.

/** Spellings of keys that a proxy, a server or a reader could take for another one. */
export const SPELLINGS = [
  '../secret/KEY',
  'orders/../secret/KEY',
  'orders/..',
  './secret/KEY',
  'orders//DB',
  '/orders/DB',
  'orders/DB/',
  '%2e%2e/secret/KEY',
  'orders/%2e%2e/secret/KEY',
  'orders%2Fs3%2FKEY',
  'orders%252Fs3',
  'orders\\..\\secret\\KEY',
  'orders/DB?version=1',
  'orders/DB#KEY',
  'orders\u2215s3\u2215KEY',
  'orders\uff0fs3\uff0fKEY',
  '\uff0e\uff0e/secret/KEY',
  '\uff4frders/DB',
  'orders/*',
  'orders/DB\n',
  'orders/DB\u0000',
];

/** Texts of templates that would give another key than they seem to name. */
export const TEMPLATES = [
  // With # it is a reference to credentials, which is refused for other reasons.
  ...SPELLINGS.filter((key) => !key.includes('#')).map((key) => `\${${key}}`),
  '${orders/${secret/KEY}}',
  '${secret/KEY',
  '${}',
  '${ secret/KEY }',
];

/** Names of Secrets that would lead into another namespace. */
export function foreignNames(namespace: string): string[] {
  return [
    `${namespace}/vault-token`,
    `../${namespace}/vault-token`,
    `../../${namespace}/secrets/vault-token`,
    `..%2F..%2F${namespace}%2Fsecrets%2Fvault-token`,
    `x/../../../${namespace}/secrets/vault-token`,
    '..',
    'vault-token',
  ];
}

/** Where clouds serve credentials, also as other numbers. */
export const METADATA_HOSTS = [
  '169.254.169.254',
  '[::ffff:169.254.169.254]',
  '2852039166',
  '0xa9.0xfe.0xa9.0xfe',
  '[fd00:ec2::254]',
];

/** URLs of databases that name files, sockets, or something else than a database. */
export const FILE_URLS = [
  'postgresql://u:p@127.0.0.1/x?sslrootcert=/etc/passwd',
  'postgresql://u:p@127.0.0.1/x?host=/var/run/postgresql',
  'postgresql://u:p@%2Fvar%2Frun%2Fpostgresql/x',
  'postgresql://u:p@127.0.0.1/x?sslkey=/var/run/secrets/kubernetes.io/serviceaccount/token',
  'file:///etc/passwd',
  'socket:/var/run/postgresql',
];
