import type { OpenBao } from './openbao.ts';
import type { PostgresServer } from './postgres.ts';

/** What an operator needs to lease credentials of a database: as in docs/dynamic-credentials.md. */
export const LEASE_POLICY = `
path "auth/token/create-orphan"   { capabilities = ["update"] }
path "auth/token/renew-accessor"  { capabilities = ["update"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
path "auth/token/revoke-accessor" { capabilities = ["update"] }
path "sys/leases/renew"           { capabilities = ["update"] }
path "sys/leases/lookup"          { capabilities = ["update"] }
path "database/creds/*"           { capabilities = ["read"] }
path "secret/data/*"              { capabilities = ["read"] }
path "secret/metadata/*"          { capabilities = ["read", "list"] }
`;

/** Mounts a secrets engine that makes users in a PostgreSQL server, with these roles. */
export async function enableDatabase(
  bao: OpenBao,
  postgres: PostgresServer,
  roles: Readonly<Record<string, object>>,
): Promise<void> {
  const { username, password } = new URL(postgres.url());
  await bao.must('POST', 'sys/mounts/database', { type: 'database' });
  await bao.must('POST', 'database/config/postgres', {
    plugin_name: 'postgresql-database-plugin',
    connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres.port}/postgres`,
    username,
    password,
    allowed_roles: '*',
  });
  const statement = `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`;
  for (const [name, times] of Object.entries(roles))
    await bao.must('POST', `database/roles/${name}`, {
      db_name: 'postgres',
      creation_statements: [statement],
      ...times,
    });
}

/** The leases that the server has below a path. */
export async function leasesAt(bao: OpenBao, path: string): Promise<readonly string[]> {
  const { status, body } = await bao.request('LIST', `sys/leases/lookup/${path}`);
  if (status === 404) return [];
  return (body['data'] as { keys: string[] }).keys;
}

/** The users that a server made in PostgreSQL. */
export async function readers(postgres: PostgresServer): Promise<readonly string[]> {
  const rows = await postgres.query<{ rolname: string }>(`SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'`);
  return rows.map(({ rolname }) => rolname);
}
