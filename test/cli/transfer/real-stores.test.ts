import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { DatabaseStore } from '../../../operator/stores/database/driver.ts';
import type { SecretStore } from '../../../operator/stores/store.ts';
import { VaultStore } from '../../../operator/stores/vault/driver.ts';
import { createAuthority } from '../../../operator/webhook/certificates.ts';
import { OpenBao } from '../../servers/openbao.ts';
import { PostgresServer } from '../../servers/postgres.ts';
import { openStore, Secrets } from '../../stores/database/secrets.ts';
import { vaultStore, withToken } from '../../stores/vault/stores.ts';
import { key } from '../../support/keys.ts';
import { openCliWorld, type CliWorld, type Ran, type Run } from '../cli-world.ts';
import { atTerminal, endOf, startCommand, type Gave } from '../process.ts';
import { NASTY, TRACES } from './nasty-values.ts';

const { signal } = new AbortController();
const DATABASE = 'platform/database';
const VAULT = 'platform/vault';
const BACK = 'platform/back';
const GROUPS = 24;
const IN_GROUP = 50;

/** Keys in groups, some of them below others; one group that is also a key; and a small one. */
const KEYS = new Map<string, Buffer>(
  Array.from({ length: GROUPS }, (_, group) => group).flatMap((group) => {
    const path = group % 3 === 0 ? `team-${group}` : `team-${group - (group % 3)}/K1/env.${group % 3}`;
    return [
      ...Object.entries(NASTY).map(([name, value]) => [`${path}/${name}`, value] as const),
      ...Array.from(
        { length: IN_GROUP - Object.keys(NASTY).length },
        (_, at) => [`${path}/K${at}`, Buffer.from(`${TRACES[0]}-${group}-${at}`)] as const,
      ),
    ];
  }),
);
const SMALL = 'few';
for (const [name, value] of Object.entries(NASTY)) KEYS.set(`${SMALL}/${name}`, value);

interface Reported {
  readonly counts: Readonly<Record<string, number>>;
  readonly results: readonly { readonly key: string; readonly outcome: string }[];
}

describe('the command, with a real database and a real Vault', function () {
  this.timeout(180_000);
  let postgres: PostgresServer;
  let bao: OpenBao;
  let database: DatabaseStore;
  let back: DatabaseStore;
  let vault: VaultStore;
  let world: CliWorld;

  before(async function () {
    this.timeout(120_000);
    [postgres, bao, world] = await Promise.all([
      PostgresServer.start(),
      OpenBao.start({ mode: 'raft' }),
      openCliWorld(await createAuthority(new Date())),
    ]);
    const secrets = new Secrets(await postgres.createDatabase('keeper', 'right-password'));
    database = openStore(secrets);
    back = openStore(secrets, { table: 'back' });
    vault = vaultStore({ endpoint: bao.url }, withToken(bao.rootToken));
    for (const [name, store] of Object.entries({ database, vault, back })) {
      world.api.addStore('platform', name);
      world.api.otherValues.set(name, store);
    }
  });
  after(async () => {
    await world.close();
    await Promise.all([database.close(), back.close(), vault.close()]);
    await Promise.all([postgres.remove(), bao.stop()]);
  });

  /** Whatever it is: no value is in what it says. */
  const silent = <T extends object>(ran: T): T => {
    for (const trace of TRACES) expect(JSON.stringify(ran)).not.to.contain(trace);
    return ran;
  };
  const copy = async (...args: readonly string[]): Promise<Gave> =>
    silent(await endOf(startCommand(world, 'copy', ...args, '-ojson')));
  const reported = ({ out }: Gave): Reported => JSON.parse(out) as Reported;
  const counts = (ran: Gave): Reported['counts'] => reported(ran).counts;
  const named = (ran: Gave, wanted: string): string[] =>
    reported(ran).results.flatMap(({ key: name, outcome }) => (outcome === wanted ? [name] : []));
  const vaultWrites = async (): Promise<number> =>
    (await bao.audited()).filter(({ request }) => ['create', 'update'].includes(request.operation)).length;
  const until = async (isSo: () => boolean): Promise<void> => {
    const end = performance.now() + 60_000;
    while (!isSo()) {
      if (performance.now() > end) throw new Error('it does not come so far');
      await sleep(10);
    }
  };
  /** By the API, to a store. */
  const writes = (name: string): number => world.api.written.filter((each) => each === name).length;
  /** The keys that a store does not have with the very bytes that were brought in. */
  const wrong = async (store: SecretStore): Promise<string[]> => {
    const found = await store.readMany([...KEYS.keys()].map(key), signal);
    return [...KEYS].flatMap(([name, bytes]) => {
      const there = found.get(key(name));
      return there !== undefined && 'value' in there && there.value.equals(SecretValue.fromBytes(bytes)) ? [] : [name];
    });
  };

  for (const store of [DATABASE, VAULT])
    it(`does everything with keys of ${store}`, async () => {
      const run = (args: readonly string[], how: Run = {}): Promise<Ran> => world.run([...args, '-s', store], how);
      const told = async (args: readonly string[], how: Run = {}): Promise<string> => {
        const { code, out } = silent(await run(args, how));
        expect(code, args.join(' ')).to.equal(0);
        return out;
      };
      for (const [name, input] of Object.entries(NASTY)) {
        const args = ['set', `a/b/${name}`, '--raw', '--allow-empty'];
        expect(await told(args, { input })).to.match(new RegExp(`^a/b/${name} created in ${store}`));
        expect(await told(args, { input })).to.contain('has that value already');
        expect((await run(['get', `a/b/${name}`])).bytes.equals(input), name).to.equal(true);
      }
      const file = world.path('of-a-file');
      await writeFile(file, NASTY['BYTES']!);
      expect(await told(['set', 'a/KEY', '-f', file])).to.contain('created');
      expect(await told(['set', 'a/KEY'], { input: 'second' })).to.contain('changed');
      expect((await run(['set', 'a/KEY', '--create'], { input: 'third' })).code).to.equal(5);
      expect((await run(['get', 'a/KEY'])).out).to.equal('second');
      expect((await told(['versions', 'a/KEY'])).trim().split('\n')).to.have.length(3);
      expect(await told(['rollback', 'a/KEY'])).to.contain('again');
      expect((await run(['get', 'a/KEY'])).bytes.equals(NASTY['BYTES']!)).to.equal(true);
      expect((await told(['list'])).trim()).to.equal('a/');
      expect((await told(['list', 'a'])).trim().split('\n')).to.deep.equal(['a/b/', 'a/KEY']);
      expect((await told(['list', '-r'])).trim().split('\n')).to.have.length(Object.keys(NASTY).length + 1);
      const kept = world.path(`${store.replace('/', '-')}.yaml`);
      silent(await run(['export', '-f', kept]));
      await told(['rm', 'a/KEY', ...Object.keys(NASTY).map((name) => `a/b/${name}`)]);
      expect(await told(['list', '-r'])).to.equal('');
      expect((await run(['get', 'a/KEY'])).code).to.equal(4);
      expect(await told(['import', kept])).to.contain(`${Object.keys(NASTY).length + 1} created`);
      for (const [name, bytes] of Object.entries(NASTY))
        expect((await run(['get', `a/b/${name}`])).bytes.equals(bytes), name).to.equal(true);
      await told(['rm', 'a/KEY', ...Object.keys(NASTY).map((name) => `a/b/${name}`)]);
    });

  it(`copies ${KEYS.size} keys to Vault, whatever comes between`, async () => {
    const kept = await Promise.all(
      [...KEYS].map(async ([name, bytes]) => {
        const { version } = await database.write(key(name), SecretValue.fromBytes(bytes), { signal });
        return version;
      }),
    );
    expect(kept.length).to.be.above(1_200);
    const before = writes('vault');
    const planned = await copy(DATABASE, VAULT, '-g', 'team-0', '--dry-run');
    expect([planned.code, counts(planned)['created'], writes('vault')]).to.deep.equal([0, 150, before]);
    // Ctrl-C.
    const first = startCommand(world, 'copy', DATABASE, VAULT, '-ojson');
    await until(() => writes('vault') > before + 200);
    first.kill('SIGINT');
    const interrupted = silent(await endOf(first));
    const done = counts(interrupted)['created'] ?? 0;
    expect([interrupted.code, counts(interrupted)['failed']]).to.deep.equal([130, 0]);
    expect(done).to.be.within(200, 1_100);
    // The same again goes on; and waits for a Vault that is sealed meanwhile.
    const second = startCommand(world, 'copy', DATABASE, VAULT, '-ojson');
    await until(() => writes('vault') > before + done + 100);
    await bao.seal();
    await until(() => world.api.log.some((line) => line.includes('"result":"StoreUnreachable"')));
    await bao.unseal();
    const resumed = silent(await endOf(second));
    expect([resumed.code, resumed.err, counts(resumed)['failed']]).to.deep.equal([0, '', 0]);
    expect(counts(resumed)['created']! + counts(resumed)['same']!).to.equal(KEYS.size);
    expect(await wrong(vault)).to.deep.equal([]);
  });

  it('changes nothing when it is run again, and shows a bar to a person', async () => {
    const before = await vaultWrites();
    const { code, shown } = silent(await atTerminal(world, ['copy', DATABASE, VAULT]));
    expect(code).to.equal(0);
    expect(shown)
      .to.contain(`copying [${'-'.repeat(30)}] 0/${KEYS.size}`)
      .and.match(/copying \[#+-+\] \d+/);
    expect(shown.endsWith(`platform/vault: ${KEYS.size} the same already.\r\n`)).to.equal(true);
    expect(await vaultWrites()).to.equal(before);
  });

  it('leaves what is different, names it, and replaces it when that is said', async () => {
    const changed = ['team-0/K0', 'team-0/K1/env.1/LINES'];
    for (const name of changed) await vault.write(key(name), SecretValue.fromText('newer'), { signal });
    const left = await copy(DATABASE, VAULT, '-g', 'team-0');
    expect([left.code, named(left, 'different')]).to.deep.equal([3, changed]);
    expect(await wrong(vault)).to.have.members(changed);
    const replaced = await copy(DATABASE, VAULT, '-g', 'team-0', '--overwrite');
    expect([replaced.code, named(replaced, 'overwritten'), counts(replaced)['failed']]).to.deep.equal([0, changed, 0]);
    expect(await wrong(vault)).to.deep.equal([]);
  });

  it('keeps to the pace of the server', async () => {
    await bao.must('POST', 'sys/quotas/config', { enable_rate_limit_audit_logging: true });
    await bao.must('POST', 'sys/quotas/rate-limit/slow', { path: 'secret/', rate: 6 });
    const { code, out, err } = await copy(DATABASE, VAULT, '-g', SMALL, '--overwrite');
    await bao.must('DELETE', 'sys/quotas/rate-limit/slow');
    expect([code, err, counts({ code, out, err })['same']]).to.deep.equal([0, '', Object.keys(NASTY).length]);
    expect(await bao.auditLog()).to.contain('rate limit quota exceeded');
  });

  it('copies them back into a database that is restarted meanwhile', async () => {
    const running = startCommand(world, 'copy', VAULT, BACK, '-ojson');
    await until(() => writes('back') > 200);
    await postgres.restart();
    const ran = silent(await endOf(running));
    expect([ran.code, ran.err, counts(ran)['failed']]).to.deep.equal([0, '', 0]);
    expect(await wrong(back)).to.deep.equal([]);
    silent(world.api.log);
  });
});
