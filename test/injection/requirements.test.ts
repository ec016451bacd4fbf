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
        files: [{ path: 'f', key: 'k' }],
      }),
    );
    expect(keys).to.deep.equal(['good', 'k', 'path']);
    expect(problems.map(({ reason, message }) => `${reason} ${message.slice(0, 28)}`)).to.have.members([
      'InvalidValue files is not yet supported: ',
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
