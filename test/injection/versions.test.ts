import { expect } from 'chai';
import { changeOf } from '../../operator/injection/patch-pod.ts';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import {
  changedKeys,
  digested,
  parseVersions,
  podVersions,
  podVersionsNote,
  versionsNote,
  versionsOf,
} from '../../operator/injection/versions.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { golden, view, type ViewOptions } from './bindings.ts';

function knowing(name: string, versions: Record<string, string>, options: ViewOptions = {}): BindingView {
  const { binding, secret } = view(name, options);
  const keys = Object.entries(versions).map(([key, version]) => ({ key, version }));
  return { binding: { ...binding, status: { ...binding.status, keys } }, secret };
}

describe('the versions that a driver notes', () => {
  const views = [
    knowing('orders', { 'orders/B': '2', 'orders/A': '1' }),
    knowing('own', { X: '1' }, { spec: { scope: 'Application', env: [{ name: 'X', key: 'X' }] } }),
  ];

  it('are those of bindings whose own Secret it uses, and stay when the webhook is called again', () => {
    const pod = applyJsonPatch(golden('spark-3.4-java'), changeOf(golden('spark-3.4-java'), views).patch);
    const { annotations } = pod.metadata!;
    expect(podVersions(annotations, 'orders')).to.deep.equal(versionsOf(views[0]!.binding, undefined));
    expect(podVersions(annotations, 'own')).to.be.undefined;
    expect(changeOf(pod, views).patch).to.deep.equal([]);
  });

  it('are noted in one order, so that the same are the same text', () => {
    const versions = [
      ['c', '3'],
      ['a', '1'],
      ['b', '2'],
    ] as const;
    const notes = [versions, versions.toReversed()].map((each) => versionsNote(digested(each)));
    expect(notes[0]).to.equal(notes[1]);
    expect(Object.keys(parseVersions(notes[0])!)).to.deep.equal(['a', 'b', 'c']);
  });

  it('tell nothing of the version itself, which may be made of the value', () => {
    const note = podVersionsNote([knowing('orders', { A: 'hmac-of-the-value' })]);
    expect(note).not.to.include('hmac');
  });

  it('take the place of what the job itself wrote there', () => {
    const before = golden('spark-3.4-java');
    const forged = {
      ...before,
      metadata: { ...before.metadata, annotations: { 'secrets.iomete.com/versions': '{}' } },
    };
    const pod = applyJsonPatch(forged, changeOf(forged, views).patch);
    expect(podVersions(pod.metadata.annotations, 'orders')).to.have.keys('orders/A', 'orders/B');
  });

  it('are left out when there are too many for an annotation', () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`group/of/keys/key-number-${at}`, '1']));
    expect(podVersionsNote([knowing('orders', many)])).to.be.undefined;
    expect(versionsNote(many)).to.be.undefined;
  });

  it('come from the Secret where that tells them, which is never behind its values', () => {
    const { binding } = knowing('orders', { A: '1' });
    expect(versionsOf(binding, '{"A":"told"}')).to.deep.equal({ A: 'told' });
    expect(versionsOf(binding, 'nonsense')).to.deep.equal(versionsOf(binding, undefined));
  });

  for (const text of [undefined, '', 'null', '[', '7', '{"orders":null}', '{"orders":"x"}']) {
    it(`are none in ${String(text)}`, () => {
      expect(podVersions(text === undefined ? undefined : { 'secrets.iomete.com/versions': text }, 'orders')).to.be
        .undefined;
    });
  }

  it('are read as they were written', () => {
    expect(parseVersions(versionsNote({ 'a/b': 'x' }))).to.deep.equal({ 'a/b': 'x' });
  });
});

describe('changedKeys', () => {
  it('are those that both have, with another version', () => {
    expect(
      changedKeys({ same: '1', z: '1', a: '1', gone: '1' }, { same: '1', z: '2', a: '2', come: '2' }),
    ).to.deep.equal(['a', 'z']);
  });
});
