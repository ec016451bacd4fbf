import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { KubeApi } from '../../../cli/cluster/kube-api.ts';
import { readKubeconfig } from '../../../cli/cluster/kubeconfig.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A kubeconfig with one cluster, user and context. */
const config = (name: string, cluster: Fields, user: Fields, current = name): string =>
  JSON.stringify({
    'current-context': current,
    clusters: [{ name: 'cluster', cluster }],
    users: [{ name: 'user', user }],
    contexts: [{ name, context: { cluster: 'cluster', user: 'user', namespace: name } }],
  });

describe('the kubeconfig', () => {
  let folder: string;
  const before = process.env['KUBECONFIG'];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = before;
    await rm(folder, { recursive: true });
  });

  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  };

  it('is of several files as kubectl merges them: the first one that has something counts', async () => {
    const files = [
      join(folder, 'missing'),
      '',
      await file('empty', ''),
      await file('prod', config('prod', { server: 'https://prod' }, { token: 'p' })),
      await file('dev', config('dev', { server: 'https://dev' }, { token: 'd' })),
    ];
    process.env['KUBECONFIG'] = files.join(delimiter);
    const api = new KubeApi({});
    expect([api.context, api.namespace, await api.bearerToken()]).to.deep.equal(['prod', 'prod', 'p']);
    const merged = readKubeconfig(undefined, files.join(delimiter));
    expect(merged.getCurrentCluster()?.server).to.equal('https://prod');
    expect(merged.contexts.map(({ name }) => name)).to.deep.equal(['prod', 'dev']);
    expect(new KubeApi({ context: 'dev' }).namespace).to.equal('dev');
    expect(new KubeApi({ kubeconfig: files[4] }).context).to.equal('dev');
  });

  it('has its current context of the first file that sets one', async () => {
    const [none, dev] = [
      await file('none', config('prod', { server: 'https://prod' }, {}, '')),
      await file('dev', config('dev', { server: 'https://dev' }, {})),
    ];
    const merged = readKubeconfig(undefined, [none, dev].join(delimiter));
    // Its cluster is the one of that name in the first file.
    expect([merged.getCurrentContext(), merged.getCurrentCluster()?.server]).to.deep.equal(['dev', 'https://prod']);
  });

  it('has paths from where the file is that names them', async () => {
    const [one, two] = [
      await file('one/config', config('one', { server: 'https://a', 'certificate-authority': 'ca.pem' }, {})),
      await file(
        'two/config',
        JSON.stringify({
          users: [
            { name: 'files', user: { 'client-certificate': 'c.pem', 'client-key': '/k.pem' } },
            { name: 'program', user: { exec: { command: './login' } } },
            { name: 'path', user: { exec: { command: 'login' } } },
          ],
        }),
      ),
    ];
    const merged = readKubeconfig(undefined, [one, two].join(delimiter));
    expect(merged.getCurrentCluster()?.caFile).to.equal(join(folder, 'one/ca.pem'));
    expect(merged.getUser('files')).to.include({ certFile: join(folder, 'two/c.pem'), keyFile: '/k.pem' });
    const commands = ['program', 'path'].map((name) => (merged.getUser(name)?.exec as { command: string }).command);
    expect(commands).to.deep.equal([join(folder, 'two/login'), 'login']);
  });

  it('is not looked for elsewhere when none of the files is there', () => {
    process.env['KUBECONFIG'] = [join(folder, 'a'), join(folder, 'b')].join(delimiter);
    expect(() => new KubeApi({})).to.throw("the kubeconfig can't be read (ENOENT)");
  });
});
