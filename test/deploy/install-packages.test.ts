import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { run } from '../../deploy/local/run.ts';

const script = join(import.meta.dirname, '..', '..', 'deploy', 'local', 'install-packages.sh');

/** Installs for as many seconds as its last word says, enables two units, and writes down whether services might start. */
const aptGet = `#!/bin/sh
for word; do :; done
sleep "$word"
echo "$word: $(cat policy-rc.d 2>/dev/null | tail -n 1)" >> log
printf 'new.service enabled enabled\\nnew.timer enabled enabled\\n' >> enabled
`;
const systemctl = `#!/bin/sh
case $1 in list-unit-files) cat enabled ;; *) echo "$@" >> log ;; esac
`;

describe('an installation of packages', () => {
  let folder: string;
  const policy = (): string => join(folder, 'policy-rc.d');
  const log = (): Promise<string> => readFile(join(folder, 'log'), 'utf8');
  const install = (seconds: string): Promise<string> =>
    run('sh', [script, policy(), seconds], {
      cwd: folder,
      env: { ...process.env, PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter) },
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'install-test-'));
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'apt-get'), aptGet, { mode: 0o755 });
    await writeFile(join(folder, 'bin', 'systemctl'), systemctl, { mode: 0o755 });
    await writeFile(join(folder, 'enabled'), 'old.service enabled enabled\n');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('starts no service while another one ends', async () => {
    await Promise.all([install('0.6'), install('1')]);
    expect((await log()).match(/^[0-9.]+: .*$/gm)?.sort()).to.deep.equal(['0.6: exit 101', '1: exit 101']);
    expect(existsSync(policy())).to.equal(false);
  });

  it("leaves an owner's own policy as it is", async () => {
    await writeFile(policy(), 'exit 0');
    await install('0');
    expect(await readFile(policy(), 'utf8')).to.equal('exit 0');
  });

  it('leaves no unit enabled that was not before', async () => {
    await install('0');
    expect(await log()).to.equal('0: exit 101\ndisable --quiet new.service\ndisable --quiet new.timer\n');
  });

  it('disables nothing where nobody knows what was enabled before', async () => {
    await rm(join(folder, 'enabled'));
    await install('0');
    expect(await log()).to.equal('0: exit 101\n');
  });
});
