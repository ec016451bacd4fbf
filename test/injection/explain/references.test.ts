import { expect } from 'chai';
import { explain } from '../../../operator/injection/explain/explain.ts';
import { manifestSubject } from '../../../operator/injection/explain/manifest.ts';
import type { Subject } from '../../../operator/injection/explain/subject.ts';
import { key, view, type FullPod } from '../bindings.ts';
import { binding, coming, driver, explained } from './subjects.ts';

describe('the explanation of references', () => {
  const withEnv = (value: string): FullPod => {
    const pod = driver();
    const [first, ...rest] = pod.spec.containers;
    return { ...pod, spec: { ...pod.spec, containers: [{ ...first!, env: [{ name: 'V', value }] }, ...rest] } };
  };
  const conf = (name: string, value: string): Subject => ({ ...coming(driver()), conf: [{ name, value }] });
  const covering = binding({}, { referenceKeys: [key('g/K')] });

  it('tells who covers them', () => {
    expect(explained(withEnv('a-${secrets.g/K}-b'), covering).references).to.deep.equal([
      { where: 'variable V', key: 'g/K', coveredBy: ['b'], outcome: 'Resolved' },
    ]);
    expect(explain(conf('spark.x', '${secrets.a}'), [covering]).references).to.deep.equal([
      { where: 'property spark.x', key: 'a', coveredBy: ['b'], outcome: 'Resolved' },
    ]);
  });

  it('tells that the webhook refuses an uncovered one in a variable', () => {
    const { verdict, references } = explained(withEnv('${secrets.other}'), covering);
    expect(verdict).to.equal('Refused');
    expect(references[0]).to.include({ key: 'other', outcome: 'Refused' });
  });

  it('tells that the driver would not start with an uncovered one in a property, or with one in a property that shows', () => {
    for (const [name, value] of Object.entries({
      'spark.x': '${secrets.other}',
      'spark.executorEnv.X': 'a ${secrets.g/K}',
      'spark.kubernetes.x': '${secrets.g/K}',
    })) {
      const { verdict, messages, references } = explain(conf(name, value), [covering]);
      expect(verdict).to.equal('WouldInject');
      expect(references[0]?.outcome, name).to.equal('Stops');
      expect(messages.join()).to.contain('Its driver would not start').and.contain(name);
    }
    expect(explain(conf('spark.executorEnv.X', '${secrets.g/K}'), [covering]).references[0]?.outcome).to.equal(
      'Resolved',
    );
  });

  it('tells of a binding that is not reconciled only where none of the others covers the key', () => {
    const pending = view('late', { spec: { ...covering.binding.spec, envFrom: [{ group: 'g' }] }, secret: null });
    const of = (text: string) => explain(conf('spark.x', text), [covering, pending]).references[0];
    expect(of('${secrets.g/K}')).to.deep.include({ coveredBy: ['b'], outcome: 'Resolved' });
    expect(of('${secrets.other}')).to.deep.include({ coveredBy: [], outcome: 'Stops' });
    expect(of('${secrets.other}')?.problem).to.contain('the binding late is not reconciled');
  });

  it('tells when two stores have the key', () => {
    const other = view('c', {
      spec: { ...covering.binding.spec, storeRef: { name: 'second' } },
      referenceKeys: [key('g/K')],
      envKeys: {},
    });
    const [found] = explain(conf('spark.x', '${secrets.g/K}'), [covering, other]).references;
    expect(found).to.deep.include({ coveredBy: ['b', 'c'], outcome: 'Stops' });
    expect(found?.problem).to.contain('different stores');
  });

  it('finds those of the command of a Connect server, which the webhook takes out', () => {
    const manifest = {
      apiVersion: 'sparkoperator.k8s.io/v1alpha1',
      kind: 'SparkConnect',
      metadata: { name: 'adhoc' },
      spec: { sparkConf: { 'spark.x': '${secrets.g/K}' } },
    };
    const subject = manifestSubject(manifest, 'analytics')!;
    const all = view('b', { spec: { selector: { applications: ['adhoc'] } }, referenceKeys: [key('g/K')] });
    const { verdict, references } = explain({ ...subject, conf: [] }, [all]);
    expect([verdict, references.map(({ where }) => where)]).to.deep.equal(['WouldInject', ['property spark.x']]);
  });

  it('tells no more than a thousand, however many there are', () => {
    const many = Array.from({ length: 3000 }, (_, at) => `\${secrets.k${at}}`).join('');
    expect(explain(conf('spark.x', many), [covering]).references).to.have.length(1000);
  });
});
