import { expect } from 'chai';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { eachInCliWorld, type CliWorld } from './cli-world.ts';

describe('the way to the API', function () {
  this.timeout(20_000);
  let world: CliWorld;
  eachInCliWorld((made) => (world = made));

  it('verifies the certificate, its name too, and says what to give', async () => {
    const untrusted = await world.run(['stores'], { env: { SPARK_SECRETS_CA_FILE: '' } });
    expect(untrusted.err).to.match(
      /^spark-secrets: the certificate of https:.* is not trusted \(\w+\): give .*--ca-file\n$/,
    );
    const named = await world.run(['stores', '--tls-server-name', 'svc.operator.svc']);
    expect([named.code, named.err]).to.deep.equal([0, '']);
    const other = await world.run(['stores', '--tls-server-name', 'other.operator.svc']);
    expect([other.code, other.out]).to.deep.equal([1, '']);
    expect(other.err).to.contain('is for another name: say which with --tls-server-name');
    expect(world.api.reviews, 'no token was sent').to.equal(1);
  });

  it('asks below the path of --server, and takes no address that has more', async () => {
    const server = `https://127.0.0.1:${world.api.port}`;
    expect((await world.run(['get', 'ROOT', '--server', `${server}/`])).code).to.equal(0);
    // The path goes to whoever is in between; the API itself has nothing there.
    const below = await world.run(['get', 'ROOT', '--server', `${server}/secrets/`]);
    expect(below.code).not.to.equal(0);
    expect(below.out).to.equal('');
    for (const wrong of [`${server}/?a`, `${server}/#a`, 'https://u:canary@127.0.0.1', 'http://127.0.0.1']) {
      const { code, err } = await world.run(['get', 'ROOT', '--server', wrong]);
      expect([code, err.includes('canary')], wrong).to.deep.equal([2, false]);
    }
  });

  it('takes a token of a file, anew each time, or of the environment', async () => {
    const file = await world.file('token', 'viewer\n');
    const get = () => world.run(['get', 'ROOT', '--token-file', file], { as: 'owner' });
    expect((await get()).err).to.contain('viewer may not get');
    await world.file('token', 'owner');
    expect((await get()).code).to.equal(0);
    await world.file('token', 'canary-of a token');
    const bad = await get();
    expect(bad.err).to.equal(`spark-secrets: ${file} holds no token\n`);
    expect((await world.run(['stores', '--token-file', '/nowhere'])).err).to.contain("can't be read (ENOENT)");
    expect((await world.run(['stores'], { as: 'two words' })).err).to.contain('SPARK_SECRETS_TOKEN holds no token');
  });

  it('says how to come by a token', async () => {
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [
        { name: 'cert', user: {} },
        { name: 'token', user: { token: 'viewer' } },
      ],
      contexts: ['cert', 'token'].map((name) => ({
        name,
        context: { cluster: 'c', user: name, namespace: 'platform' },
      })),
      'current-context': 'cert',
    };
    const path = await world.file('kubeconfig', JSON.stringify(kubeconfig));
    const run = (...args: string[]) => world.run([...args, '--kubeconfig', path], { as: '' });
    const none = await run('stores');
    expect([none.code, none.out]).to.deep.equal([1, '']);
    expect(none.err)
      .to.contain('--token-file')
      .and.contain('SPARK_SECRETS_TOKEN')
      .and.contain('--as-account NAMESPACE/NAME');
    expect((await run('list', '--context', 'token', '-s', 'default', '-n', 'platform')).code).to.equal(0);
    expect((await run('stores', '--as-account', 'n/a')).err).to.match(
      /a token of ServiceAccount n\/a: the API server at 127.0.0.1:1 does not answer \(ECONNREFUSED\)/,
    );
    expect((await world.run(['stores', '--kubeconfig', world.path('none')], { as: '' })).err).to.contain(
      "the kubeconfig can't be read (ENOENT)",
    );
    const unknown = await world.run(['stores'], { as: 'stranger' });
    expect([unknown.code, unknown.err]).to.deep.equal([
      1,
      'spark-secrets: the cluster does not know this token, or it has expired.\n',
    ]);
  });

  it('says who does not answer, and gives up', async function () {
    this.timeout(15_000);
    const silent = await new Promise<Server>((resolve) => {
      const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1', () => {
        resolve(server);
      });
    });
    const { port } = silent.address() as AddressInfo;
    const env = { SPARK_SECRETS_SERVER: `https://127.0.0.1:${port}` };
    const { code, err } = await world.run(['stores'], { env });
    expect(code).to.equal(1);
    expect(err).to.match(/^spark-secrets: https:\/\/127.0.0.1:\d+ does not answer \(\w+\)\n$/);
    await new Promise((resolve) => silent.close(resolve));
  });

  it('ends at once when it is interrupted', async () => {
    const interrupt = AbortSignal.abort();
    const { code, err } = await world.run(['list'], { signal: interrupt });
    expect([code, err]).to.deep.equal([130, 'spark-secrets: interrupted\n']);
  });
});
