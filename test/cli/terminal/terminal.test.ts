import { expect } from 'chai';
import { eachInCliWorld, type CliWorld } from '../cli-world.ts';
import { atTerminal } from '../process.ts';

const SECRET = "pässwörd 'x' 🔑";

describe('a person at a terminal', function () {
  this.timeout(30_000);
  let world: CliWorld;
  eachInCliWorld((made) => (world = made));

  it('is asked for a value twice, and sees neither', async () => {
    const { shown, code } = await atTerminal(
      world,
      ['set', 'orders/NEW'],
      [
        ['not shown): ', `${SECRET}X\u007f\r`],
        ['again: ', `${SECRET}\r`],
      ],
    );
    expect(code, shown).to.equal(0);
    expect(shown).to.match(/^Value of orders\/NEW \(it is not shown\): \r\nThe same again: \r\norders\/NEW created/);
    expect(shown).not.to.contain('pässwörd');
    expect((await world.run(['get', 'orders/NEW'])).out).to.equal(SECRET);
    const pasted = await atTerminal(world, ['set', 'orders/PASTED'], [['not shown): ', `${SECRET}\r${SECRET}\r`]]);
    expect([pasted.code, pasted.shown.includes('pässwörd')]).to.deep.equal([0, false]);
  });

  it('may mistype, or think better of it', async () => {
    const mistyped = await atTerminal(
      world,
      ['set', 'orders/NEW'],
      [
        ['not shown): ', 'one\r'],
        ['again: ', 'two\r'],
      ],
    );
    expect(mistyped.code).to.equal(1);
    expect(mistyped.shown).to.contain('they are not the same: nothing was written');
    const stopped = await atTerminal(world, ['set', 'orders/NEW'], [['not shown): ', 'half\u0003']]);
    expect(stopped.code).to.equal(130);
    expect((await world.run(['get', 'orders/NEW'])).code).to.equal(4);
  });
});
