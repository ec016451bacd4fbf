import { expect } from 'chai';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { OperatorError } from '../../operator/errors.ts';
import type { History, SecretStore } from '../../operator/stores/store.ts';
import { failureOf, seenOf } from '../support/failure.ts';
import { key } from '../support/keys.ts';
import type { Contract } from './contract-options.ts';

const HIDDEN = 'hunter2-is-hidden';

/** The part of the contract for stores that keep earlier values, and for those that do not. */
export function historyContract(contract: Contract, current: () => SecretStore): void {
  describe('earlier values', () => {
    earlierValues(contract, current);
  });
}

function earlierValues({ history: kept, fail }: Contract, current: () => SecretStore): void {
  if (kept === undefined || 'skipped' in kept) {
    it(`are not kept: ${kept?.skipped ?? 'it does not say that it does'}`, () => {
      expect(current().history).to.be.undefined;
    });
    return;
  }
  const { signal } = new AbortController();
  let history: History;

  beforeEach(() => {
    history = current().history!;
  });

  const write = async (where: string, value: SecretValue | string) => {
    const bytes = typeof value === 'string' ? SecretValue.fromText(value) : value;
    return (await current().write(key(where), bytes, { signal })).version;
  };
  const remove = (where: string) => current().remove(key(where), { signal });
  const listed = async (where: string) =>
    (await history.versions(key(where), signal)).map(({ version, current: isCurrent }) => [version, isCurrent]);
  const at = (where: string, version: string) => history.readVersion(key(where), version, signal);
  const presentOf = async (where: string) => {
    const found = (await current().readMany([key(where)], signal)).get(key(where));
    return found && 'version' in found ? found.version : undefined;
  };

  it('are told newest first, the present one marked, with the versions that a read shows', async () => {
    const versions: string[] = [];
    for (const value of ['1', '2', '3']) {
      await write('orders/a', value);
      versions.unshift((await presentOf('orders/a'))!);
    }
    await write('orders/b', 'beside it');
    expect(await listed('orders/a')).to.deep.equal(versions.map((version, nth) => [version, nth === 0]));
  });

  it('are put in order by number, not by its digits', async () => {
    const versions: string[] = [];
    for (let nth = 1; nth <= 12; nth += 1) versions.unshift(await write('a', String(nth)));
    const told = (await listed('a')).map(([version]) => version);
    expect(told.slice(0, 5)).to.deep.equal(versions.slice(0, 5));
  });

  it('say when they were written', async () => {
    const before = Date.now();
    for (const value of ['1', '2']) await write('a', value);
    const times = (await history.versions(key('a'), signal)).map(({ createdAt }) => createdAt!.getTime());
    expect(times).to.have.length(2);
    expect(times[0]).to.be.at.least(times[1]!);
    for (const time of times) expect(time).to.be.within(before - 2_000, Date.now() + 2_000);
  });

  it('get none from a write of what is there already', async () => {
    const version = await write('a', '1');
    await write('a', '1');
    expect(await listed('a')).to.deep.equal([[version, true]]);
  });

  it(`after a removal ${kept.keepsRemoved ? 'are still told' : 'are gone'}, and none is the present one`, async () => {
    const [first, second] = [await write('a', '1'), await write('a', '2')];
    await remove('a');
    const left = [
      [second, false],
      [first, false],
    ];
    expect(await listed('a')).to.deep.equal(kept.keepsRemoved ? left : []);
    expect((await at('a', first))?.value.equals(SecretValue.fromText('1'))).to.equal(
      kept.keepsRemoved ? true : undefined,
    );
  });

  it('of a key that was made again have one present one, and are all different', async () => {
    const first = await write('a', '1');
    await remove('a');
    const again = await write('a', '1');
    const told = await listed('a');
    expect(told[0]).to.deep.equal([again, true]);
    expect(told.slice(1)).to.deep.equal(kept.keepsRemoved ? [[first, false]] : []);
    expect(again).not.to.equal(first);
    expect(await presentOf('a')).to.equal(again);
  });

  it('give the bytes that were written, of a former and of the present one', async () => {
    const values = [
      SecretValue.fromBytes(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
      SecretValue.fromText(''),
      SecretValue.fromText('ß → 漢字'),
      SecretValue.fromBytes(Buffer.alloc(100_000, 7)),
    ];
    const versions: string[] = [];
    for (const value of values) versions.push(await write('orders/a', value));
    for (const [nth, version] of versions.entries()) {
      const found = await at('orders/a', version);
      expect(found?.version).to.equal(version);
      expect(found?.value.equals(values[nth]!), String(nth)).to.be.true;
    }
  });

  it('give nothing for one that is not known', async () => {
    const other = await write('other', '1');
    for (const version of ['', 'of-old', '0', '-1', '999', '999@', '99999999999999999999', "1' OR true", '1;', other])
      expect(await at('never', version), version).to.be.undefined;
    const version = await write('a', '1');
    for (const odd of [`${version}0`, `0${version}`, ` ${version}`, '', 'of-old'])
      expect(await at('a', odd), odd).to.be.undefined;
  });

  it('are none of a key that never was', async () => {
    await write('orders/a', '1');
    for (const where of ['never', 'orders', 'orders/never']) expect(await listed(where), where).to.deep.equal([]);
  });

  it('do not hold a value', async () => {
    await write('a', HIDDEN);
    const told = JSON.stringify(await history.versions(key('a'), signal));
    expect(told).not.to.include(HIDDEN).and.not.include(Buffer.from(HIDDEN).toString('base64'));
  });

  it('end with the reason of an aborted signal', async () => {
    const version = await write('a', '1');
    const aborted = AbortSignal.abort(new Error('we are stopping'));
    for (const call of [history.versions(key('a'), aborted), history.readVersion(key('a'), version, aborted)])
      expect(await failureOf(call)).to.have.property('message', 'we are stopping');
  });

  if (typeof fail === 'function')
    for (const code of ['StoreUnreachable', 'AuthenticationFailed'] as const) {
      it(`throw ${code}, and never say "not kept"`, async () => {
        const version = await write('a', HIDDEN);
        await write('a', `${HIDDEN}-too`);
        fail(code);
        await failureOf(current().check(signal));
        for (const call of [history.versions(key('a'), signal), at('a', version)]) {
          const error = await failureOf(call);
          expect(error).to.be.instanceOf(OperatorError).and.to.include({ code });
          expect(seenOf(error)).not.to.include(HIDDEN).and.not.include(Buffer.from(HIDDEN).toString('base64'));
        }
      });
    }
}
