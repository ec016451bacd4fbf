import { expect } from 'chai';
import type { SecretStoreConfig } from '../../operator/api/kinds.ts';
import { RefreshNote } from '../../operator/http/refresh-note.ts';
import { eventually } from '../doubles/eventually.ts';

const store = (type: 'vault' | 'kubernetes' | 'database'): SecretStoreConfig => ({
  apiVersion: 'secrets.iomete.com/v1alpha1',
  kind: 'SecretStoreConfig',
  metadata: { namespace: 'a', name: type, uid: '7' },
  spec: { type },
});

describe('the note that another replica wrote to a store', () => {
  let applied: unknown[];
  let errors: unknown[];
  let isLeading: boolean;
  let failure: Error | undefined;
  let note: RefreshNote;

  beforeEach(() => {
    applied = [];
    errors = [];
    isLeading = false;
    failure = undefined;
    note = new RefreshNote({
      client: {
        apply: (_kind, object, { fieldManager, force }) => {
          applied.push([object, fieldManager, force]);
          return failure === undefined ? Promise.resolve(object as never) : Promise.reject(failure);
        },
      },
      isLeading: () => isLeading,
      onError: (error) => errors.push(error),
      now: () => new Date(0),
    });
  });

  it('is one annotation for writes that come together, of exactly that object', async () => {
    for (let time = 0; time < 5; time += 1) note.wrote(store('vault'));
    await eventually(() => applied.length > 0);
    const metadata = {
      ...{ namespace: 'a', name: 'vault', uid: '7' },
      annotations: { 'secrets.iomete.com/refresh': '1970-01-01T00:00:00.000Z' },
    };
    const body = { apiVersion: 'secrets.iomete.com/v1alpha1', kind: 'SecretStoreConfig', metadata };
    expect(applied).to.deep.equal([[body, 'spark-secrets-operator-api', true]]);
    note.wrote(store('vault'));
    await eventually(() => applied.length === 2);
  });

  it('is not written by the leader, nor for stores that tell by themselves', async () => {
    isLeading = true;
    note.wrote(store('vault'));
    isLeading = false;
    note.wrote(store('kubernetes'));
    note.wrote(store('database'));
    note.wrote({ ...store('vault'), metadata: { namespace: 'b', name: 'last' } });
    await eventually(() => applied.length > 0);
    expect(JSON.stringify(applied)).to.contain('"last"').and.not.contain('"a"');
  });

  it('that can not be written is told, and breaks nothing', async () => {
    failure = new Error('no');
    note.wrote(store('vault'));
    await eventually(() => errors.length === 1);
    expect(errors).to.deep.equal([failure]);
  });
});
