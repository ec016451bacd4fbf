import { expect } from 'chai';
import { join } from 'node:path';
import { forbiddenConfKey, reservedEnvName } from '../../operator/injection/conf-key.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';
import { ACCEPTED, binding, conf, NAMESPACE, REFUSED, type Fields } from './crd-cases.ts';
import { CONF_NAMES, ENV_NAMES } from './crd-names.ts';

const CRDS = join(import.meta.dirname, '..', '..', 'crds');
describe('the CRDs, as the API server has them', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  const kubectl = (args: readonly string[], input?: string): Promise<string> =>
    cluster.kubectl(args, input === undefined ? {} : { input });

  before(async () => {
    cluster = await testCluster();
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', CRDS]);
    await kubectl(['wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all']);
    await kubectl(['create', 'namespace', NAMESPACE]);
  });

  after(async () => {
    await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  /** What the API server answers to a dry run, or undefined when it takes the object. */
  const refusal = async (manifest: Fields): Promise<string | undefined> => {
    try {
      await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(manifest));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };

  for (const [name, [manifest, message]] of Object.entries(REFUSED)) {
    it(`refuse ${name}, and say why`, async () => {
      expect(await refusal(manifest)).to.contain(message);
    });
  }

  for (const [name, manifest] of Object.entries(ACCEPTED)) {
    it(`take ${name}`, async () => {
      expect(await refusal(manifest)).to.equal(undefined);
    });
  }

  it('refuse exactly the properties that the code refuses', async () => {
    const answers = await Promise.all(
      CONF_NAMES.map(async (name) => [name, (await refusal(conf(name))) === undefined]),
    );
    expect(Object.fromEntries(answers)).to.deep.equal(
      Object.fromEntries(CONF_NAMES.map((name) => [name, forbiddenConfKey(name) === undefined])),
    );
  });

  it('refuse exactly the variables that the code refuses', async () => {
    const answers = await Promise.all(
      ENV_NAMES.map(async (name) => [name, (await refusal(binding({ env: [{ name, key: 'K' }] }))) === undefined]),
    );
    expect(Object.fromEntries(answers)).to.deep.equal(
      Object.fromEntries(ENV_NAMES.map((name) => [name, reservedEnvName(name) === undefined])),
    );
  });

  it('explain every field to kubectl explain', async () => {
    for (const kind of ['ssc', 'sjsb']) {
      const text = await kubectl(['explain', kind, '--recursive']);
      expect(text).to.contain('conditions');
      expect(text).not.to.contain('<no description>');
    }
    expect(await kubectl(['explain', 'sjsb.spec.sparkConf.template'])).to.contain('literal `${`');
  });

  it('fill in the defaults that the reference page names', async () => {
    const text = await kubectl(['apply', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(binding({})));
    const { spec } = JSON.parse(text) as { spec: Fields };
    expect(spec).to.deep.include({ scope: 'Shared', unresolved: 'Block', precedence: 'Binding' });
    expect(spec['env']).to.deep.equal([{ name: 'A', key: 'A', targets: ['driver', 'executor'] }]);
  });

  it('let server-side apply take the executors out of the targets that were filled in', async () => {
    const applied = async (env: Fields): Promise<unknown> => {
      const manifest = JSON.stringify(binding({ env: [{ name: 'A', key: 'A', ...env }] }, 'narrowed'));
      const text = await kubectl(['apply', '--server-side', '-o', 'json', '-f', '-'], manifest);
      return (JSON.parse(text) as { spec: { env: [{ targets: unknown }] } }).spec.env[0].targets;
    };
    expect(await applied({})).to.deep.equal(['driver', 'executor']);
    expect(await applied({ targets: ['driver'] })).to.deep.equal(['driver']);
    expect(await applied({ targets: ['executor'] })).to.deep.equal(['executor']);
    expect(await applied({})).to.deep.equal(['driver', 'executor']);
  });
});
