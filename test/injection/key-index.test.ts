import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { hasKeyIndex, keyIndex, keyIndexName } from '../../operator/injection/key-index.ts';
import { contentOf, INDEX, spec } from './bindings.ts';

describe('the index of a binding’s keys', () => {
  it('is called after the binding, as a variable may be', () => {
    const digest = createHash('sha256').update('orders.etl').digest('hex');
    expect(keyIndexName('orders.etl'))
      .to.equal(`SPARK_SECRETS_KEYS_${digest.slice(0, 12)}`)
      .and.to.match(INDEX);
    expect(keyIndexName('orders.etl')).not.to.equal(keyIndexName('orders-etl'));
  });

  it('says of variables and files where each key is, but not of files that were decoded', () => {
    const { data } = contentOf(
      spec({
        env: [
          { name: 'Z', key: 'a' },
          { name: 'B', key: 'orders/B', targets: ['driver'] },
        ],
        envFrom: [{ group: 's3', prefix: 'S3_' }],
        files: [
          { path: 'a.txt', key: 'a' },
          { path: 'store.jks', key: 'orders/STORE', encoding: 'base64' },
        ],
      }),
      { a: '1', 'orders/B': '2', 's3/ID': '3', 'orders/STORE': 'AAAA' },
      { s3: ['s3/ID'] },
    );
    expect(data[keyIndexName('orders')]).to.equal(
      'a env Z\n' + 'a file /mnt/spark-secrets/files/orders/a.txt\n' + 'orders/B env B\n' + 's3/ID env S3_ID\n',
    );
  });

  it('does not name what is made of text around keys, stands for a property, or may only be referred to', () => {
    const { data, envKeys } = contentOf(
      spec({
        env: [
          { name: 'A', key: 'a' },
          { name: 'URL', template: 'x:${b}' },
        ],
        sparkConf: [
          { name: 'spark.hadoop.c', key: 'c' },
          { name: 'spark.d', key: 'd' },
        ],
        references: [{ key: 'e' }],
      }),
      { a: '1', b: '2', c: '3', d: '4', e: '5' },
    );
    expect(Object.keys(envKeys)).to.have.lengthOf(3);
    expect(data[keyIndexName('orders')]).to.equal('a env A\n');
  });

  for (const [what, part] of Object.entries({
    'properties, also those that variables carry': { sparkConf: [{ name: 'spark.hadoop.c', key: 'a' }] },
    'variables made of text': { env: [{ name: 'URL', template: 'x:${a}' }] },
    references: { references: [{ key: 'a' }] },
  })) {
    it(`is not there for a binding that gives only ${what}: neither in its Secret nor for executors`, () => {
      const { data, envKeys } = contentOf(spec(part), { a: '1' });
      expect(Object.keys(data).filter((name) => INDEX.test(name))).to.deep.equal([]);
      expect(data['spark.properties']).not.to.include('SPARK_SECRETS_KEYS_');
      expect(hasKeyIndex({ envKeys, files: [] })).to.be.false;
    });
  }

  it('has room in a variable: of a very long one the first lines stand there, whole', () => {
    const entries = Array.from(
      { length: 2000 },
      (_, at) => [`VARIABLE_${at}`, `group/${'x'.repeat(60)}/${at}`] as const,
    );
    const text = keyIndex('orders', { envKeys: Object.fromEntries(entries), files: [{ path: 'f', key: 'a' }] })!;
    expect(text.length).to.be.within(65_000, 65_536);
    for (const line of text.split('\n').slice(0, -1)) expect(line).to.match(/^\S+ (env VARIABLE_\d+|file \/mnt\S+)$/);
    expect(text)
      .to.match(/^a file .*\n/)
      .and.to.match(/\n$/);
  });
});
