import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { migrated } from '../cli/migrate/migrated.ts';
import { data, object, secret, value, VAULT } from '../cli/migrate/sources.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';

const CRDS = join(import.meta.dirname, '..', '..', 'crds');

describe('what migrate writes', function () {
  this.timeout(30_000);
  const namespace = `migrate-${randomBytes(3).toString('hex')}`;
  let cluster: Cluster;

  before(async () => {
    cluster = await testCluster();
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', CRDS]);
    await cluster.kubectl(['create', 'namespace', namespace]);
  });
  after(async () => {
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('is taken by the API server, with all of its rules', async () => {
    const own = { namespace };
    const provider = { vault: { ...VAULT, caBundle: 'LS0t' } };
    const external = await migrated(
      ['external-secrets', '--label', 'team=orders', '--store-namespace', namespace],
      object('ClusterSecretStore', 'vault', { provider, conditions: [{ namespaces: ['analytics'] }] }, {}),
      object('SecretStore', 'k8s', { provider: { kubernetes: { remoteNamespace: namespace } } }, own),
      ...['cert', 'appRole', 'jwt'].map((way) =>
        object('SecretStore', way.toLowerCase(), { provider: { vault: { ...VAULT, auth: { [way]: {} } } } }, own),
      ),
      {
        ...secret({
          secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
          refreshInterval: '2000h',
          data: [
            data('DB_PASSWORD', value('orders/DB_PASSWORD')),
            data('db-user', value('orders/DB_USER')),
            data('PATH', { key: 'orders/api', property: 'token' }),
            { ...data('TOKEN', { key: 'api', property: 'token' }), sourceRef: { storeRef: { name: 'k8s' } } },
          ],
          dataFrom: [{ extract: { key: 'orders/all' } }],
        }),
        metadata: { name: 'orders', namespace },
      },
    );
    const iomete = await migrated(['iomete', '-n', namespace, '-s', 'platform/default', '--domain', 'sales'], {
      name: 'Sample Job',
      template: {
        envVars: { API_KEY: '${secrets.api_key}' },
        sparkConfSecrets: [
          {
            key: 'spark.hadoop.fs.s3a.secret.key',
            secretObject: { key: 's3', source: { type: 'KUBERNETES', id: 'sales' } },
          },
        ],
      },
    });
    const objects = [...Object.values(external.objects), ...Object.values(iomete.objects)];
    expect(objects.map(({ kind }) => kind)).to.have.length(9);
    const input = objects.map((each) => stringify(each)).join('---\n');
    const answer = await cluster.kubectl(['create', '--dry-run=server', '--validate=strict', '-f', '-'], { input });
    expect(answer.trim().split('\n')).to.have.length(objects.length);
  });
});
