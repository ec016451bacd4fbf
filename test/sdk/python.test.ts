import { expect } from 'chai';
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../deploy/local/run.ts';
import { PYTHON_SDK } from './python-probe.ts';
import { pythonTools } from './python-tools.ts';

describe('the Python SDK', function () {
  // The first run downloads the tools.
  this.timeout(300_000);
  let tools: string;
  let folder: string;

  before(async () => {
    tools = await pythonTools();
    folder = await mkdtemp(join(tmpdir(), 'spark-secrets-sdk-'));
  });
  after(() => rm(folder, { recursive: true }));

  function python(args: readonly string[], environ: Readonly<Record<string, string>> = {}, cwd = PYTHON_SDK) {
    const env = { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...environ };
    return run('python3', args, { cwd, env, timeoutMs: 120_000 });
  }

  it('passes its own tests', () => python(['-W', 'error', '-m', 'unittest', 'discover', '-t', '.', '-s', 'tests']));

  it('is typed, strictly, and so is what tests it', async () => {
    const cache = { PYTHONPATH: tools, MYPY_CACHE_DIR: join(tools, '.mypy_cache') };
    expect(await python(['-m', 'mypy'], cache)).to.match(/^Success: no issues found in \d+ source files/);
    const strict = ['-m', 'mypy', '--strict', join(import.meta.dirname, 'probe.py')];
    expect(await python(strict, { ...cache, MYPYPATH: PYTHON_SDK })).to.match(/^Success/);
  });

  it('is a package that pip builds without the network, with its types and without its tests', async () => {
    const source = join(folder, 'source');
    await cp(PYTHON_SDK, source, { recursive: true });
    const target = join(folder, 'installed');
    const install = ['-m', 'pip', 'install', '--quiet', '--no-index', '--no-build-isolation', '--no-deps'];
    await python([...install, '--root-user-action=ignore', '--target', target, source], { PYTHONPATH: tools });
    expect((await readdir(target)).sort()).to.deep.equal(['spark_secrets', 'spark_secrets-0.1.0.dist-info']);
    expect(await readdir(join(target, 'spark_secrets'))).to.include('py.typed');
    const show =
      'import importlib.metadata as m, spark_secrets as s; print(m.version("spark-secrets") == s.__version__)';
    expect(await python(['-c', show], { PYTHONPATH: target }, '/')).to.equal('True\n');
    expect(await readFile(join(target, 'spark_secrets-0.1.0.dist-info', 'METADATA'), 'utf8')).not.to.contain(
      'Requires-Dist',
    );
  });

  it('is zipped for spark-submit by the command of its README', async () => {
    const readme = await readFile(join(PYTHON_SDK, 'README.md'), 'utf8');
    const [, command = ''] = /&& (python3 -m zipfile -c spark_secrets.zip spark_secrets)\b/.exec(readme) ?? [];
    const source = join(folder, 'to-zip');
    await cp(PYTHON_SDK, source, { recursive: true });
    await run('sh', ['-c', command], { cwd: source });
    const show = 'import spark_secrets; print(spark_secrets.secrets.keys(), spark_secrets.__file__)';
    const archive = join(source, 'spark_secrets.zip');
    const expected = `[] ${archive}/spark_secrets/__init__.py\n`;
    expect(await python(['-c', show], { PYTHONPATH: archive }, '/')).to.equal(expected);
  });
});
