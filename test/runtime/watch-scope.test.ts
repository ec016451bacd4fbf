import { expect } from 'chai';
import type { AnyInformer } from '../../operator/runtime/informer-group.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import type { Request } from '../../operator/runtime/reconciler.ts';
import { WatchScope, whyNotSeen } from '../../operator/runtime/watch-scope.ts';

describe('the scope of the watches', () => {
  let told: string[];
  let known: Record<'stores' | 'pods', Set<string>>;
  beforeEach(() => {
    told = [];
    known = { stores: new Set(), pods: new Set() };
  });

  function scope(namespaces?: readonly string[]): WatchScope {
    const made = new WatchScope({ namespaces, onForbidden: (namespace) => told.push(`forbidden ${namespace}`) });
    for (const namespacesOf of Object.values(known)) {
      const knows = (namespace: string): boolean => namespacesOf.has(namespace);
      made.include({ knows } as unknown as AnyInformer<KubeObject>);
    }
    made.onReadable((namespace) => told.push(`readable ${namespace}`));
    return made;
  }

  /** A list of that kind was delivered. */
  function listed(made: WatchScope, kind: keyof typeof known, namespace: string): void {
    known[kind].add(namespace);
    made.heard(namespace, kind, true);
  }

  it('knows a namespace when all kinds of it were listed', () => {
    const made = scope(['a', 'b']);
    listed(made, 'stores', 'a');
    expect(made.knowledgeOf('a')).to.equal('unknown');
    listed(made, 'pods', 'a');
    expect(['a', 'b', 'c'].map((each) => made.knowledgeOf(each))).to.deep.equal(['known', 'unknown', 'unwatched']);
    expect(told).to.deep.equal([]);
  });

  it('watches every namespace of a cluster, and has nothing to say of single ones', () => {
    known = { stores: new Set(['a']), pods: new Set(['a']) };
    const made = scope();
    expect([made.knowledgeOf('a'), made.knowledgeOf('b'), made.states()]).to.deep.equal(['known', 'unknown', []]);
  });

  it('tells once of a namespace that is forbidden, whatever the kinds, and once when all of it is known', () => {
    const made = scope(['a']);
    for (const kind of ['stores', 'pods', 'stores']) made.heard('a', kind, false);
    expect(told).to.deep.equal(['forbidden a']);
    expect(made.states()).to.deep.equal([{ namespace: 'a', isReadable: false }]);
    listed(made, 'stores', 'a');
    expect(told).to.deep.equal(['forbidden a']);
    listed(made, 'pods', 'a');
    listed(made, 'pods', 'a');
    expect(told).to.deep.equal(['forbidden a', 'readable a']);
    expect(made.states()).to.deep.equal([{ namespace: 'a', isReadable: true }]);
  });

  it('still knows a namespace that is forbidden later, but does not call it readable', () => {
    const made = scope(['a']);
    listed(made, 'stores', 'a');
    listed(made, 'pods', 'a');
    made.heard('a', 'pods', false);
    expect(made.knowledgeOf('a')).to.equal('known');
    expect(made.states()).to.deep.equal([{ namespace: 'a', isReadable: false }]);
    listed(made, 'pods', 'a');
    expect(told).to.deep.equal(['forbidden a', 'readable a']);
  });

  it('keeps a reconciler away from namespaces of which not all is known', async () => {
    const made = scope(['a', 'b']);
    for (const kind of ['stores', 'pods'] as const) listed(made, kind, 'a');
    const done: Request[] = [];
    const guarded = made.guard({ reconcile: (request) => Promise.resolve(void done.push(request)) });
    for (const namespace of ['a', 'b', 'c'])
      await guarded.reconcile({ namespace, name: 'x' }, new AbortController().signal);
    expect(done).to.deep.equal([{ namespace: 'a', name: 'x' }]);
  });

  it('has words for an object that is not seen, which say what to do', () => {
    const words = (['known', 'unwatched', 'unknown'] as const).map((each) => whyNotSeen('a', each, 'create it'));
    expect(words[0]).to.equal('does not exist: create it');
    expect(words[1]).to.match(/namespace a is not among those that the operator watches.*value namespaces/);
    expect(words[2]).to.match(/may not list what is in namespace a.*applied again/);
  });
});
