import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { imageDigest, layerFromFolder, writeImage } from '../../deploy/local/oci.ts';
import { run } from '../../deploy/local/run.ts';

interface Index {
  readonly manifests: readonly [{ digest: string; size: number; annotations: Record<string, string> }];
}
interface Manifest {
  readonly config: { digest: string };
  readonly layers: readonly { digest: string; size: number; mediaType: string }[];
}

describe('the OCI writer', () => {
  let scratch: string;
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'oci-test-'));
  });
  afterEach(async () => {
    await rm(scratch, { recursive: true });
  });

  const folder = async (name: string, files: Record<string, string>): Promise<string> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(scratch, name, path, '..'), { recursive: true });
      await writeFile(join(scratch, name, path), text);
    }
    return join(scratch, name);
  };

  it('makes an equal layer of equal content, whatever its times, modes and order of creation', async () => {
    const one = await folder('one', { a: '1', 'b/c': '2' });
    const two = await folder('two', { 'b/c': '2', a: '1' });
    await utimes(join(two, 'a'), 1_000_000_000, 1_000_000_000);
    await chmod(join(two, 'a'), 0o664);
    const [first, second] = [await layer(one, '1.tar'), await layer(two, '2.tar')];
    expect(second.digest).to.equal(first.digest);
  });

  it('makes another layer of other content', async () => {
    const first = await layer(await folder('one', { a: '1' }), '1.tar');
    const second = await layer(await folder('two', { a: '2' }), '2.tar');
    expect(second.digest).not.to.equal(first.digest);
  });

  it('puts a folder where it is wanted, owned as wanted, and leaves symbolic links as they are', async () => {
    const source = await folder('jobs', { 'a/job.py': '' });
    await symlink('./a/job.py', join(source, 'link'));
    const { file } = await layerFromFolder(source, join(scratch, 'l.tar'), { under: 'opt/jobs', owner: [185, 0] });
    const listing = await run('tar', ['-tvf', file, '--numeric-owner', '--utc', '--full-time']);
    const lines = listing.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/ +\d+ 1980-01-01 00:00:00 /, ' '))).to.deep.equal([
      'drwxr-xr-x 185/0 ./opt/jobs/',
      'drwxr-xr-x 185/0 ./opt/jobs/a/',
      '-rw-r--r-- 185/0 ./opt/jobs/a/job.py',
      'lrwxr-xr-x 185/0 ./opt/jobs/link -> ./a/job.py',
    ]);
  });

  it('leaves out what is excluded', async () => {
    const source = await folder('root', { 'dev/null': '', 'etc/passwd': '' });
    const { file } = await layerFromFolder(source, join(scratch, 'l.tar'), { exclude: ['./dev/*'] });
    expect(await run('tar', ['-tf', file])).to.equal('./\n./dev/\n./etc/\n./etc/passwd\n');
  });

  it('writes an archive in which every blob is named by its own sum and every reference leads to a blob', async () => {
    const layers = [await layer(await folder('one', { a: '1' }), '1.tar')];
    const config = { entrypoint: ['/a'], env: { B: 'c' }, user: '185' };
    await writeImage('registry.local/test:1', layers, config, join(scratch, 'image.tar'));
    const out = join(scratch, 'out');
    await mkdir(out);
    await run('tar', ['-xf', join(scratch, 'image.tar'), '-C', out]);
    const blob = async (digest: string): Promise<Buffer> => {
      const content = await readFile(join(out, 'blobs', 'sha256', digest.slice('sha256:'.length)));
      expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).to.equal(digest);
      return content;
    };
    const index = JSON.parse(await readFile(join(out, 'index.json'), 'utf8')) as Index;
    expect(index.manifests[0].annotations['io.containerd.image.name']).to.equal('registry.local/test:1');
    const manifestText = await blob(index.manifests[0].digest);
    expect(index.manifests[0].size).to.equal(manifestText.length);
    const manifest = JSON.parse(manifestText.toString()) as Manifest;
    expect(manifest.layers).to.have.length(1);
    for (const { digest, size } of manifest.layers) expect((await blob(digest)).length).to.equal(size);
    const document = JSON.parse((await blob(manifest.config.digest)).toString()) as { config: object };
    expect(document.config).to.deep.include({ Entrypoint: ['/a'], User: '185' });
    expect(manifest.config.digest).to.equal(imageDigest(layers, config));
  });

  it('names an image by what it is: another layer or another start gives another digest', async () => {
    const layers = [await layer(await folder('one', { a: '1' }), '1.tar')];
    const digests = [
      imageDigest(layers, { entrypoint: ['/a'] }),
      imageDigest(layers, { entrypoint: ['/b'] }),
      imageDigest([...layers, ...layers], { entrypoint: ['/a'] }),
    ];
    expect(new Set(digests).size).to.equal(3);
  });

  function layer(source: string, name: string): ReturnType<typeof layerFromFolder> {
    return layerFromFolder(source, join(scratch, name), { owner: [0, 0] });
  }
});
