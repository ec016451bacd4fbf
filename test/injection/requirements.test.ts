import { expect } from 'chai';
import { requirements } from '../../operator/injection/requirements.ts';
import { spec } from './bindings.ts';

describe('requirements', () => {
  it('names the keys of env, sparkConf and templates, sorted, each once', () => {
    const { keys, groups, problems } = requirements(
      spec({
        env: [
          { name: 'B', key: 'z/B' },
          { name: 'A', key: 'a' },
        ],
        envFrom: [{ group: 's3' }, { group: 'orders/s3' }, { group: 's3', prefix: 'X_' }],
        sparkConf: [
          { name: 'spark.x', template: '${a} ${m/M}' },
          { name: 'spark.y', key: 'z/B' },
        ],
      }),
    );
    expect(keys).to.deep.equal(['a', 'm/M', 'z/B']);
    expect(groups).to.deep.equal(['orders/s3', 's3']);
    expect(problems).to.deep.equal([]);
  });

  it('names fields of credentials on lease apart from keys', () => {
    const { keys, dynamic, problems } = requirements(
      spec({
        scope: 'Application',
        env: [
          { name: 'A', key: 'a' },
          { name: 'U', key: 'database/creds/ro#username' },
        ],
        sparkConf: [
          { name: 'spark.x', template: '${b} ${database/creds/ro#username} ${database/creds/ro#password}' },
          { name: 'spark.y', key: 'aws/creds/s3#access_key' },
        ],
      }),
    );
    expect([keys, problems]).to.deep.equal([['a', 'b'], []]);
    expect(dynamic).to.deep.equal([
      'aws/creds/s3#access_key',
      'database/creds/ro#password',
      'database/creds/ro#username',
    ]);
  });

  it('wants the scope Application for credentials on lease, also in a template, and no group of them', () => {
    const scopeless = [
      { env: [{ name: 'U', key: 'x/y#z' }] },
      { sparkConf: [{ name: 'spark.x', template: 'a ${x/y#z}' }], scope: 'Shared' as const },
    ];
    for (const part of scopeless)
      expect(requirements(spec(part)).problems).to.deep.equal([
        { reason: 'NotLeasable', message: 'x/y#z is made for each run of an application: set scope: Application.' },
      ]);
    expect(requirements(spec({ envFrom: [{ group: 'x#y' }] })).problems).to.have.length(1);
  });

  it('takes a variable whose name is as long as a key of a Secret may be, and no longer', () => {
    const problemsOf = (length: number) =>
      requirements(spec({ env: [{ name: 'A'.repeat(length), key: 'a' }] })).problems.map(({ reason }) => reason);
    expect([problemsOf(253), problemsOf(254)]).to.deep.equal([[], ['InvalidEnvName']]);
  });

  it('reports every problem, and still names the keys that are in order', () => {
    const { keys, problems } = requirements(
      spec({
        env: [
          { name: 'GOOD', key: 'good' },
          { name: 'PATH', key: 'path' },
          { name: '1A', key: 'a//b' },
        ],
        envFrom: [{ group: '../x' }],
        sparkConf: [
          { name: 'spark.kubernetes.x', key: 'k' },
          { name: 'spark.open', template: '${' },
          { name: 'spark.both', key: 'k', template: 't' },
          { name: 'spark.none' },
        ],
        files: [
          { path: 'f', key: 'file/key' },
          { path: 'sub/f', key: 'k' },
          { path: '..f', key: 'k' },
          { path: 'g', key: 'a//b' },
          { path: 'h', key: 'x/y#z' },
        ],
      }),
    );
    expect(keys).to.deep.equal(['file/key', 'good', 'k', 'path']);
    expect(problems.map(({ reason, message }) => `${reason} ${message.slice(0, 28)}`)).to.have.members([
      'InvalidValue files: a path is the name of',
      'InvalidValue files: a path is the name of',
      'KeyNotFound file g: this is not the form',
      'InvalidValue file h: x/y#z is made for ea',
      'InvalidEnvName env PATH gives the variable ',
      'KeyNotFound env 1A: this is not the form',
      'InvalidEnvName env 1A gives the variable 1A',
      'KeyNotFound envFrom: this is not the for',
      'ForbiddenConfKey sparkConf spark.kubernetes.x',
      'InvalidTemplate sparkConf spark.open: templa',
      'InvalidTemplate sparkConf spark.both: set ex',
      'InvalidTemplate sparkConf spark.none: set ex',
    ]);
  });
});
