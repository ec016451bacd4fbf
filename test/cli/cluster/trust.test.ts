import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeApi } from '../../../cli/cluster/kube-api.ts';
import { trustedCertificates } from '../../../cli/cluster/trust.ts';
import { ApiServer } from '../../doubles/api-server.ts';

const COLLECTION = '/api/v1/configmaps';
const metadata = { namespace: 'home', name: 'svc-ca' };

describe('the certificates by which the command trusts the API', () => {
  let server: ApiServer;
  let folder: string;
  let ask: () => Promise<string>;

  beforeEach(async () => {
    server = new ApiServer();
    await server.start();
    folder = await mkdtemp(join(tmpdir(), 'trust-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, server.kubeConfig().exportConfig());
    ask = () => trustedCertificates(new KubeApi({ kubeconfig }), 'home', 'svc');
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const refusal = async (): Promise<string> => ask().then(String, (error: unknown) => (error as Error).message);

  it('are those of the operator’s ConfigMap, and nothing else is read', async () => {
    server.store.put(COLLECTION, { metadata, ...{ data: { 'ca.crt': 'the certificates' } } });
    expect(await ask()).to.equal('the certificates');
    expect(server.requests).to.deep.equal(['GET /api/v1/namespaces/home/configmaps/svc-ca']);
  });

  it('are not known before the operator has any: it is said', async () => {
    server.store.put(COLLECTION, { metadata });
    expect(await refusal()).to.match(
      /^ConfigMap home\/svc-ca, .*, is empty: the operator has no certificate yet; .*doctor/,
    );
  });

  it('can be given by whoever may not read it, or does not find it', async () => {
    expect(await refusal()).to.match(/^ConfigMap home\/svc-ca, .*\. Give them with --ca-file$/);
    server.faults.push({ code: 403, body: { message: 'configmaps "svc-ca" is forbidden' } });
    expect(await refusal()).to.match(/is forbidden\. Give them with --ca-file$/);
  });
});
