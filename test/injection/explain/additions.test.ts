import { expect } from 'chai';
import type { ViewOptions } from '../bindings.ts';
import { binding, driver, explained } from './subjects.ts';

describe('the explanation of what a binding gives', () => {
  const itemsOf = (spec: ViewOptions['spec'], more: ViewOptions = {}): string[] => {
    const [found] = explained(driver(), binding({ env: [], ...spec }, more)).bindings;
    return (found?.gives ?? []).map(({ what, name, from, reaches, delivery, via }) =>
      [
        what,
        name,
        `${from.kind}:${from.keys.join('+')}`,
        from.group,
        from.preset,
        reaches.join('+'),
        delivery,
        via && 'via',
      ]
        .filter(Boolean)
        .join(' '),
    );
  };

  it('as variables, with the pods that they go to', () => {
    const env = [
      { name: 'A', key: 'g/A' },
      { name: 'B', key: 'B', targets: ['driver' as const] },
      { name: 'C', key: 'C', targets: ['executor' as const] },
      { name: 'D', template: 'user=${g/U} canary-text ${P}' },
      { name: 'E', key: 'database/creds/ro#password' },
    ];
    expect(itemsOf({ env, scope: 'Application' })).to.deep.equal([
      'variable A key:g/A driver+executors SecretKeyRef',
      'variable B key:B driver SecretKeyRef',
      'variable C key:C executors SecretKeyRef',
      'variable D template:g/U+P driver+executors SecretKeyRef',
      'variable E lease:database/creds/ro#password driver+executors SecretKeyRef',
    ]);
  });

  it('as properties, in the conf or by a variable', () => {
    const sparkConf = [
      { name: 'spark.orders.url', template: 'jdbc:${URL}' },
      { name: 'spark.hadoop.fs.s3a.secret.key', key: 's3/SECRET' },
      { name: 'spark.hadoop.x', key: 'X', delivery: 'Value' as const },
    ];
    expect(itemsOf({ sparkConf })).to.deep.equal([
      'property spark.orders.url template:URL driver+executors Value',
      'property spark.hadoop.fs.s3a.secret.key key:s3/SECRET driver+executors Environment via',
      'property spark.hadoop.x key:X driver+executors Value',
    ]);
  });

  it('of groups each key that the Secret has, or else the group', () => {
    const envFrom = [{ group: 'g', prefix: 'P_' }, { group: 'h' }];
    expect(itemsOf({ envFrom }, { envKeys: { P_A: 'g/A', P_B: 'g/B', OTHER: 'x/y' } })).to.deep.equal([
      'variable P_A key:g/A g driver+executors SecretKeyRef',
      'variable P_B key:g/B g driver+executors SecretKeyRef',
      'variables * group: h driver+executors SecretKeyRef',
    ]);
  });

  it('of presets what they stand for, and what jobs may refer to', () => {
    const spec = { presets: [{ type: 'S3A' as const, group: 's3' }], references: [{ key: 'K' }, { group: 'g' }] };
    expect(itemsOf(spec)).to.deep.equal([
      'property spark.hadoop.fs.s3a.access.key key:s3/ACCESS_KEY S3A driver+executors Environment via',
      'property spark.hadoop.fs.s3a.secret.key key:s3/SECRET_KEY S3A driver+executors Environment via',
      'reference ${secrets.K} key:K driver+executors OnDemand',
      'reference ${secrets.g/*} group: g driver+executors OnDemand',
    ]);
  });

  it('as files, with where they are', () => {
    const files = [
      { path: 'store.jks', key: 'orders/STORE', encoding: 'base64' as const },
      { path: 'ca.pem', key: 'CA' },
    ];
    expect(itemsOf({ files })).to.deep.equal([
      'file store.jks key:orders/STORE driver+executors Mount',
      'file ca.pem key:CA driver+executors Mount',
    ]);
    const [found] = explained(driver(), binding({ env: [], files })).bindings;
    expect(found?.gives[0]?.path).to.equal(`/mnt/spark-secrets/files/${found?.name}/store.jks`);
  });

  it('but never what the operator itself tells a pod', () => {
    const text = JSON.stringify(explained(driver(), binding({ env: [{ name: 'A', key: 'K' }] })));
    expect(text).not.to.contain('SPARK_SECRETS_');
  });

  it('but never what is no key, and no text of a template', () => {
    const wrong = 'canary value that is no key';
    const text = JSON.stringify(
      explained(
        driver(),
        binding({
          env: [
            { name: 'A', key: wrong },
            { name: 'B', template: `canary \${${wrong}}` },
            { name: 'C', template: 'canary ${K}' },
          ],
          sparkConf: [
            { name: 'spark.a', key: wrong },
            { name: 'spark.hadoop.b', template: 'canary' },
          ],
          envFrom: [{ group: wrong }],
          references: [{ key: wrong }, { group: wrong }],
          files: [{ path: 'f', key: wrong }],
        }),
      ),
    );
    expect(text).to.contain('"invalid"').and.not.contain('canary');
  });

  it('and whether it replaces what the job says itself', () => {
    const env = [{ name: 'GREETING', key: 'K' }];
    const noteOf = (precedence: 'Pod' | 'Binding') =>
      explained(driver(), binding({ env, precedence })).bindings[0]?.gives[0]?.note;
    expect(noteOf('Binding')).to.equal("replaces the job's own");
    expect(noteOf('Pod')).to.equal("the job's own counts (precedence: Pod)");
  });
});
