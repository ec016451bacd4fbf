import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', [...args]);

/** How a server is set up. */
export interface OpenBaoSetup {
  /** In memory and unsealed (dev), or as in production: on disk (raft) and sealed at each start. */
  readonly mode: 'dev' | 'raft';
  readonly tls: boolean;
  /** The address of this machine that it listens at. */
  readonly host: string;
}

/** The names that the server's certificate is for. */
export const CERTIFIED_NAMES = ['bao.test'];

/** Writes a CA and a certificate of the server that it signed; resolves to the file of the CA. */
export async function writeCertificates(folder: string): Promise<string> {
  const file = (name: string) => join(folder, name);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.crt'),
    '-days',
    '2',
    '-subj',
    '/CN=a CA',
  );
  const request = ['-keyout', file('tls.key'), '-out', file('tls.csr'), '-subj', '/CN=openbao'];
  await openssl('req', ...ec, ...request);
  const names = ['IP:127.0.0.1', ...CERTIFIED_NAMES.map((name) => `DNS:${name}`)];
  await writeFile(file('tls.ext'), `subjectAltName=${names.join(',')}\n`);
  const ca = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  const signed = ['-in', file('tls.csr'), '-out', file('tls.crt'), '-extfile', file('tls.ext')];
  await openssl('x509', '-req', ...ca, ...signed, '-days', '2');
  return file('ca.crt');
}

/** Writes the server's configuration; resolves to the arguments to start it with. */
export async function writeConfig(folder: string, port: number, { mode, tls, host }: OpenBaoSetup): Promise<string[]> {
  const config = join(folder, 'config.hcl');
  const address = `${host}:${port}`;
  const audit = `audit "file" "to-file" { options { file_path = "${join(folder, 'audit.log')}" } }\n`;
  if (mode === 'dev') {
    await writeFile(config, audit);
    return [
      '-dev',
      '-dev-no-store-token',
      '-dev-root-token-id=root',
      `-dev-listen-address=${address}`,
      `-config=${config}`,
    ];
  }
  const certificate = `tls_cert_file = "${join(folder, 'tls.crt')}"\n  tls_key_file = "${join(folder, 'tls.key')}"`;
  const lines = [
    audit,
    `storage "${mode}" {\n  path = "${join(folder, 'data')}"\n  node_id = "one"\n  performance_multiplier = 1\n}`,
    `listener "tcp" {\n  address = "${address}"\n  cluster_address = "127.0.0.1:${port + 1}"\n  ${tls ? certificate : 'tls_disable = true'}\n}`,
    `api_addr = "${tls ? 'https' : 'http'}://${address}"`,
    `cluster_addr = "https://127.0.0.1:${port + 1}"`,
  ];
  await writeFile(config, lines.join('\n'));
  return [`-config=${config}`];
}
