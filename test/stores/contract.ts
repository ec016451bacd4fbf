import { expect } from 'chai';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { OperatorError } from '../../operator/errors.ts';
import type { Found, SecretStore, SecretVersion } from '../../operator/stores/store.ts';
import { failureOf, seenOf } from '../support/failure.ts';
import { group, key } from '../support/keys.ts';
import type { Contract } from './contract-options.ts';
import { endingContract } from './ending-contract.ts';
import { historyContract } from './history-contract.ts';
import { singleKeyContract } from './single-key-contract.ts';
import { watchContract } from './watch-contract.ts';

const HIDDEN = 'hunter2-is-hidden';
const MIB = 1_048_576;

/** What every driver does, whatever it keeps values in. */
export function storeContract(name: string, contract: Contract): void {
  describe(`${name} keeps the contract of stores`, () => {
    const { signal } = new AbortController();
    let store: SecretStore;

    const text = (value: string) => SecretValue.fromText(value);
    const write = (where: string, value: SecretValue | string, ifVersion?: string | null) =>
      store.write(key(where), typeof value === 'string' ? text(value) : value, {
        signal,
        ...(ifVersion === undefined ? {} : { ifVersion }),
      });
    const remove = (where: string, ifVersion?: string) =>
      store.remove(key(where), { signal, ...(ifVersion === undefined ? {} : { ifVersion }) });
    const found = async (...wanted: string[]) => {
      const answer = await store.readMany(wanted.map(key), signal);
      return new Map([...answer].map(([where, what]) => [where, versionIn(what)]));
    };
    const read = async (...wanted: string[]) =>
      Object.fromEntries([...(await found(...wanted))].map(([where, { value }]) => [where, value.reveal().toString()]));
    const versionOf = async (where: string) => (await found(where)).get(key(where))?.version;
    const list = async (where: string) => {
      const entries = await Array.fromAsync(store.list(group(where), signal));
      return entries.map((entry) => ('key' in entry ? entry.key : `${entry.group}/`));
    };
    const codeOf = async (promise: Promise<unknown>) => (await failureOf(promise)) as OperatorError;

    beforeEach(async () => {
      store = await contract.open();
    });
    afterEach(async () => {
      await store.close();
    });

    describe('reading', () => {
      it('gives the values that are there, and says nothing of those that are not', async () => {
        await write('a', '1');
        await write('orders/b', '2');
        expect(await read('a', 'none', 'orders/b', 'orders/none', 'no/such/group')).to.deep.equal({
          a: '1',
          'orders/b': '2',
        });
      });

      it('gives nothing for no keys, and for keys of an empty store', async () => {
        expect(await read()).to.deep.equal({});
        expect(await read('none', 'orders/none')).to.deep.equal({});
      });

      it('gives the same to a read in the background', async () => {
        await write('a', '1');
        const answer = await store.readMany([key('a'), key('none')], signal, { background: true });
        expect([...answer.keys()]).to.deep.equal(['a']);
      });

      it('tells keys apart that look alike', async () => {
        for (const [at, where] of ['K', 'k', 'a/K', 'a/k', 'a.b', 'a-b', 'a_b'].entries())
          await write(where, String(at));
        expect(await read('K', 'k', 'a/K', 'a/k', 'a.b', 'a-b', 'a_b')).to.deep.equal({
          K: '0',
          k: '1',
          'a/K': '2',
          'a/k': '3',
          'a.b': '4',
          'a-b': '5',
          a_b: '6',
        });
      });
    });

    describe('writing', () => {
      it('creates and changes', async () => {
        await write('a', '1');
        await write('a', '2');
        expect(await read('a')).to.deep.equal({ a: '2' });
      });

      it('gives the version that a read then shows', async () => {
        const { version } = await write('orders/a', '1');
        expect(await versionOf('orders/a')).to.equal(version);
      });

      it('changes the version with the value, and with nothing else', async () => {
        const first = await write('a', '1');
        await write('b', 'beside it');
        expect(await versionOf('a')).to.equal(first.version);
        expect(await write('a', '1')).to.deep.equal(first);
        expect((await write('a', '2')).version).not.to.equal(first.version);
      });

      it('gives a version that does not hold the value', async () => {
        const { version } = await write('a', HIDDEN);
        expect(version).not.to.include(HIDDEN).and.not.include(Buffer.from(HIDDEN).toString('base64'));
      });

      const values = {
        'unicode of every length': SecretValue.fromText('ß → 漢字 🔑 e\u0301 \u202e'),
        'every byte': SecretValue.fromBytes(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
        'what is no UTF-8': SecretValue.fromBytes(Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0x00)),
        'line breaks and quotes': SecretValue.fromText('\r\n"\'`${x}\\ \t'),
        'the empty value': SecretValue.fromText(''),
        'half a MiB': SecretValue.fromBytes(Buffer.alloc(MIB / 2, 7)),
      };
      for (const [what, value] of Object.entries(values)) {
        it(`brings back ${what} byte for byte`, async () => {
          await write('orders/a', value);
          expect((await found('orders/a')).get(key('orders/a'))?.value.equals(value)).to.be.true;
        });
      }

      it('takes what the store carries, and refuses one byte more', async () => {
        await write('full', SecretValue.fromBytes(Buffer.alloc(MIB, 1)));
        const error = await codeOf(write('more', SecretValue.fromBytes(Buffer.alloc(MIB + 1, 1))));
        expect(error).to.include({ code: 'ValueTooLarge' });
        expect(await read('more')).to.deep.equal({});
      });
    });

    describe('compare-and-set', () => {
      it('writes while the version is the one that was read', async () => {
        const { version } = await write('a', '1');
        await write('a', '2', version);
        expect(await read('a')).to.deep.equal({ a: '2' });
      });

      it('changes nothing when the version is another', async () => {
        const { version } = await write('a', '1');
        await write('a', '2');
        expect(await codeOf(write('a', '3', version))).to.include({ code: 'VersionConflict' });
        expect(await codeOf(remove('a', version))).to.include({ code: 'VersionConflict' });
        expect(await read('a')).to.deep.equal({ a: '2' });
      });

      it('with null creates only what is not there', async () => {
        await write('a', '1', null);
        expect(await codeOf(write('a', '2', null))).to.include({ code: 'VersionConflict' });
        expect(await read('a')).to.deep.equal({ a: '1' });
      });

      it('with a version does not create', async () => {
        expect(await codeOf(write('a', '1', 'of-old'))).to.include({ code: 'VersionConflict' });
        expect(await read('a')).to.deep.equal({});
      });

      it('lets one of many win', async () => {
        const { version } = await write('a', '0');
        const tries = await Promise.allSettled(['1', '2', '3', '4'].map((value) => write('a', value, version)));
        expect(tries.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      });
    });

    describe('removing', () => {
      it('takes away that key and no other', async () => {
        await write('orders/a', '1');
        await write('orders/b', '2');
        await remove('orders/a');
        expect(await read('orders/a', 'orders/b')).to.deep.equal({ 'orders/b': '2' });
      });

      it('is content with what is gone already, whatever its version', async () => {
        await remove('none');
        await remove('no/such/group', 'of-old');
        const { version } = await write('a', '1');
        await remove('a', version);
        await remove('a', version);
        expect(await read('a')).to.deep.equal({});
      });
    });

    describe('listing', () => {
      it('shows the keys in a group and the groups below it, in order of name', async () => {
        for (const where of ['b', 'a/x', 'a-b', 'a', 'B', 'c/d/e', 'c/f']) await write(where, where);
        expect(await list('')).to.deep.equal(['B', 'a', 'a/', 'a-b', 'b', 'c/']);
        expect(await list('c')).to.deep.equal(['c/d/', 'c/f']);
        expect(await list('c/d')).to.deep.equal(['c/d/e']);
      });

      it('shows nothing of a group that is not there, nor of one that only begins alike', async () => {
        await write('orders/a', '1');
        for (const where of ['none', 'order', 'orders/a', 'orders/none'])
          expect(await list(where), where).to.deep.equal([]);
      });

      it('no longer shows a group when its last key is gone', async () => {
        await write('orders/a', '1');
        await remove('orders/a');
        expect(await list('')).to.deep.equal([]);
        expect(await list('orders')).to.deep.equal([]);
      });

      it(`shows all of ${contract.manyKeys} keys once`, async () => {
        const names = Array.from({ length: contract.manyKeys }, (_, at) => `many/K${String(at).padStart(5, '0')}`);
        if (contract.fill) await contract.fill(names.map(key));
        else for (const where of names) await write(where, where);
        expect(await list('many')).to.deep.equal(names);
        expect(Object.keys(await read(...names))).to.have.length(names.length);
      }).timeout(60_000);
    });

    singleKeyContract(contract, () => store);
    if (contract.pushes) watchContract(() => store);
    historyContract(contract, () => store);

    describe('ending', () => {
      it('rejects with the reason of an aborted signal', async () => {
        const aborted = AbortSignal.abort(new Error('we are stopping'));
        const calls = {
          readMany: () => store.readMany([key('a')], aborted),
          write: () => store.write(key('a'), text('1'), { signal: aborted }),
          remove: () => store.remove(key('a'), { signal: aborted }),
          list: () => Array.fromAsync(store.list(group(''), aborted)),
          check: () => store.check(aborted),
          ...(store.ping ? { ping: () => store.ping?.(aborted) ?? Promise.resolve() } : {}),
        };
        for (const [what, call] of Object.entries(calls))
          expect(await failureOf(call()), what).to.have.property('message', 'we are stopping');
        expect(await read('a')).to.deep.equal({});
      });

      endingContract(contract, () => store);
    });

    describe('its health', () => {
      it('is asked for cheaply, where it can be: it answers while it is well', async () => {
        await write('a', '1');
        if (store.ping) await store.ping(signal);
        expect(await read('a')).to.deep.equal({ a: '1' });
      });

      it('counts the keys', async () => {
        await write('a', '1');
        await write('orders/b', '2');
        const { ready, keys, message } = await store.check(signal);
        expect({ ready, keys }).to.deep.equal({ ready: true, keys: 2 });
        expect(message).not.to.equal('');
      });
    });

    const { fail } = contract;
    if (typeof fail === 'function')
      describe('failing', () => {
        for (const code of ['StoreUnreachable', 'AuthenticationFailed'] as const) {
          it(`throws ${code}, and never says "not there"`, async () => {
            await write('orders/a', HIDDEN);
            await store.check(signal);
            fail(code);
            await failureOf(store.check(signal));
            for (const [what, call] of Object.entries({
              ...(store.ping ? { ping: () => store.ping?.(signal) ?? Promise.resolve() } : {}),
              check: () => store.check(signal),
              read: () => store.readMany([key('orders/a')], signal),
              list: () => Array.fromAsync(store.list(group('orders'), signal)),
              write: () => store.write(key('orders/a'), text(`${HIDDEN}-too`), { signal }),
              remove: () => store.remove(key('orders/a'), { signal }),
            })) {
              const error = await failureOf(call());
              expect(error, what).to.be.instanceOf(OperatorError).and.to.include({ code });
              expect(seenOf(error), what)
                .not.to.include(HIDDEN)
                .and.not.include(Buffer.from(HIDDEN).toString('base64'));
            }
          });
        }
      });

    it('puts no value into the errors of its own rules', async () => {
      await write('a', HIDDEN);
      const errors = [
        await failureOf(write('a', HIDDEN, 'of-old')),
        await failureOf(remove('a', 'of-old')),
        await failureOf(write('a', HIDDEN.repeat(MIB / 8))),
      ];
      for (const error of errors) expect(seenOf(error)).not.to.include(HIDDEN);
    });
  });
}

function versionIn(found: Found): SecretVersion {
  if (found instanceof OperatorError) throw found;
  return found;
}
