import { expect } from 'chai';
import { contains, pointer, prepend, setItems, setMembers } from '../../operator/injection/json-patch.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';

interface Item {
  name: string;
  value?: string;
}

const rules = { by: ({ name }: Item) => name, fits: contains };

describe('JSON patch', () => {
  it('escapes / and ~ in a pointer', () => {
    expect(pointer('a/b', 'c~d', 0)).to.equal('/a~1b/c~0d/0');
  });

  const lists: Record<string, [Item[] | null | undefined, Item[], number]> = {
    'makes a list that is missing': [undefined, [{ name: 'a' }, { name: 'b' }], 1],
    'makes a list that is null': [null, [{ name: 'a' }], 1],
    'fills a list that is empty': [[], [{ name: 'a' }, { name: 'b' }], 2],
    'appends what is missing': [[{ name: 'a' }], [{ name: 'a' }, { name: 'b' }], 1],
    'leaves what fits': [[{ name: 'a', value: '1' }], [{ name: 'a' }], 0],
    'replaces in place what does not fit': [[{ name: 'a', value: '1' }, { name: 'c' }], [{ name: 'a', value: '2' }], 1],
    'does nothing for nothing': [undefined, [], 0],
  };
  for (const [sentence, [present, wanted, operations]] of Object.entries(lists)) {
    it(sentence, () => {
      const patch = setItems('/list', present, wanted, rules);
      expect(patch).to.have.lengthOf(operations);
      const { list } = applyJsonPatch({ ...(present === undefined ? {} : { list: present }) }, patch) as {
        list?: Item[];
      };
      for (const item of wanted)
        expect(
          contains(
            list?.find(({ name }) => name === item.name),
            item,
          ),
        ).to.be.true;
      expect(list?.map(({ name }) => name)).to.deep.equal(
        operations === 0 && present === undefined
          ? undefined
          : [...new Set([...(present ?? []), ...wanted].map(({ name }) => name))],
      );
    });
  }

  it('puts items before all others, in their order', () => {
    for (const list of [undefined, null, [], ['c']])
      expect(applyJsonPatch({ list }, prepend('/list', list, ['a', 'b']))).to.deep.equal({
        list: ['a', 'b', ...(list ?? [])],
      });
    expect(prepend('/list', undefined, [])).to.deep.equal([]);
  });

  it('replaces the last of items with one name', () => {
    const present = [
      { name: 'a', value: '1' },
      { name: 'a', value: '2' },
    ];
    expect(setItems('/list', present, [{ name: 'a', value: '3' }], rules)).to.deep.equal([
      { op: 'replace', path: '/list/1', value: { name: 'a', value: '3' } },
    ]);
  });

  it('sets members of an object that may be missing, and no others', () => {
    expect(applyJsonPatch({}, setMembers('/labels', undefined, { 'a/b': 'c' }))).to.deep.equal({
      labels: { 'a/b': 'c' },
    });
    const labels = { x: 'y', 'a/b': 'd' };
    expect(applyJsonPatch({ labels }, setMembers('/labels', labels, { 'a/b': 'c' }))).to.deep.equal({
      labels: { x: 'y', 'a/b': 'c' },
    });
    expect(setMembers('/labels', { 'a/b': 'c' }, { 'a/b': 'c' })).to.be.empty;
  });

  it('throws where a path is not there, as the API server refuses the patch', () => {
    const bad = ['/a/b', '/list/3', '/list/x'].map((path) => [{ op: 'add', path, value: 1 }]);
    for (const patch of bad) expect(() => applyJsonPatch({ list: [1] }, patch)).to.throw();
  });
});
