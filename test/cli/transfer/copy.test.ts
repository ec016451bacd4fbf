import { expect } from 'chai';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { MemoryStore } from '../../../operator/stores/memory/driver.ts';
import { CANARY } from '../../http/api-world.ts';
import { key } from '../../support/keys.ts';
import { eachInCliWorld, type CliWorld, type Ran, type Run } from '../cli-world.ts';

const { signal } = new AbortController();

describe('copy', function () {
  this.timeout(20_000);
  let world: CliWorld;
  let vault: MemoryStore;
  eachInCliWorld((made) => {
    world = made;
    vault = new MemoryStore();
    world.api.addStore('platform', 'vault', [{ namespaces: { matchNames: ['analytics'] }, keys: ['orders/*'] }]);
    world.api.otherValues.set('vault', vault);
  });

  const copy = (args: readonly string[] = [], how: Run = {}): Promise<Ran> =>
    world.run(['copy', 'platform/default', 'platform/vault', '-ojson', ...args], how);
  const outcomes = ({ out }: Ran): Record<string, string> => {
    const { results } = JSON.parse(out) as { results: { key: string; outcome: string }[] };
    return Object.fromEntries(results.map(({ key: name, outcome }) => [name, outcome]));
  };
  const put = (name: string, value: string) => vault.write(key(name), SecretValue.fromText(value), { signal });
  const has = async (name: string): Promise<string | undefined> => {
    const found = (await vault.readMany([key(name)], signal)).get(key(name));
    return found !== undefined && 'value' in found ? found.value.reveal().toString('utf8') : undefined;
  };

  it('brings every key with its bytes, and again changes nothing', async () => {
    const binary = Buffer.from([0, 255, 10, 13]);
    await world.run(['set', 'deep/in/a/group/BIN', '-s', 'platform/default'], { input: binary });
    const ran = await copy();
    expect([ran.code, outcomes(ran)]).to.deep.equal([
      0,
      { ROOT: 'created', 'deep/in/a/group/BIN': 'created', 'orders/DB_PASSWORD': 'created', 'sales/TOKEN': 'created' },
    ]);
    expect(await has('ROOT')).to.equal(`${CANARY}-3`);
    const { bytes } = await world.run(['get', 'deep/in/a/group/BIN', '-s', 'platform/vault']);
    expect(bytes.equals(binary)).to.equal(true);
    const writes = world.api.audited.filter(({ operation }) => operation === 'writeKey').length;
    const again = await copy();
    expect([again.code, new Set(Object.values(outcomes(again)))]).to.deep.equal([0, new Set(['same'])]);
    expect(world.api.audited.filter(({ operation }) => operation === 'writeKey')).to.have.length(writes);
  });

  it('goes on where one ended that failed, and leaves what is different', async () => {
    await put('orders/DB_PASSWORD', `${CANARY}-1`);
    await put('ROOT', 'newer');
    const ran = await copy();
    expect([ran.code, outcomes(ran)]).to.deep.equal([
      3,
      { ROOT: 'different', 'orders/DB_PASSWORD': 'same', 'sales/TOKEN': 'created' },
    ]);
    expect(await has('ROOT')).to.equal('newer');
    expect(outcomes(await copy(['--skip-existing']))['ROOT']).to.equal('skipped');
    expect(outcomes(await copy(['--overwrite', '--dry-run']))['ROOT']).to.equal('overwritten');
    expect(await has('ROOT')).to.equal('newer');
    const over = await copy(['--overwrite']);
    expect([over.code, outcomes(over)['ROOT'], await has('ROOT')]).to.deep.equal([0, 'overwritten', `${CANARY}-3`]);
  });

  it('copies one group alone', async () => {
    expect(outcomes(await copy(['--group', 'orders']))).to.deep.equal({ 'orders/DB_PASSWORD': 'created' });
    expect(await has('sales/TOKEN')).to.equal(undefined);
  });

  it('copies in the name of a consumer what is granted on both sides', async () => {
    const ran = await copy(['--consumer', 'analytics'], { as: 'analytics-owner' });
    expect([ran.code, outcomes(ran)]).to.deep.equal([0, { 'orders/DB_PASSWORD': 'created' }]);
  });

  it('tries each key where the store can not be listed', async () => {
    await put('ROOT', 'other');
    class Unlistable extends MemoryStore {
      override async *list(): AsyncGenerator<never> {
        yield* [];
        return Promise.reject(new OperatorError('KeyRefused', 'listing'));
      }
    }
    const other = new Unlistable();
    await other.write(key('ROOT'), SecretValue.fromText('other'), { signal });
    world.api.otherValues.set('vault', other);
    const [planned, ran] = [await copy(['--dry-run']), await copy()];
    expect(ran.err).to.contain("can't be listed").and.contain('each key is tried');
    expect(outcomes(planned)).to.deep.equal(outcomes(ran));
    expect(outcomes(ran)).to.include({ ROOT: 'different', 'sales/TOKEN': 'created' });
  });

  it('is refused what makes no sense', async () => {
    expect((await world.run(['copy', 'platform/default', 'default', '-n', 'platform'])).err).to.contain(
      'the same store',
    );
    expect((await world.run(['copy', 'platform/default', 'platform/none'])).code).to.equal(4);
    expect((await copy([], { as: 'nobody' })).err).to.contain('nobody may not list secretstoreconfigs/keys');
  });

  it('shows a bar on a terminal alone, and takes it away', async () => {
    const [shown, silent] = [await copy([], { terminal: true }), await copy()];
    expect(shown.err)
      .to.match(/copying \[-{30}\] 0\/3/)
      .and.match(/\r\u001b\[K$/);
    expect(silent.err).to.equal('');
  });
});

describe('a copy of many keys', () => {
  let world: CliWorld;
  // Not what a caller has in production, so that it goes fast; but so that it is too much.
  eachInCliWorld((made) => (world = made), { perSecond: 100, burst: 60 });

  it('goes as fast as it is let', async function () {
    this.timeout(20_000);
    world.api.addStore('platform', 'vault');
    world.api.otherValues.set('vault', new MemoryStore());
    for (let at = 0; at < 50; at += 1) await world.api.put(`many/K${at}`, 'x');
    const start = performance.now();
    const { code, out } = await world.run(['copy', 'platform/default', 'platform/vault', '-g', 'many', '-ojson']);
    expect([code, (JSON.parse(out) as { counts: { created: number } }).counts.created]).to.deep.equal([0, 50]);
    // At least two calls for each key, of which 60 are free.
    expect(performance.now() - start, 'it had to wait').to.be.at.least(400);
  });
});
