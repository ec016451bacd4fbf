import { expect } from 'chai';
import { sparkOptions, submitsInClusterMode } from '../../operator/injection/spark-command.ts';

/** Names and values of the options that a command gives Spark's launcher. */
function optionsOf(command: readonly string[]): readonly string[] {
  return sparkOptions({ name: 'x', command: [...command] }).map(({ name, value }) => `${name} ${value}`);
}

describe('the options of Spark’s launcher', () => {
  // As of SparkSubmitOptionParser, spark-sql and start-connect-server.sh.
  const flags = [
    ...['--help', '-h', '--supervise', '--usage-error', '--verbose', '-v', '--version', '--load-spark-defaults'],
    ...['--silent', '-S', '-H', '--wait'],
  ];
  for (const flag of flags)
    it(`are seen behind ${flag}, which has no value`, () => {
      expect(optionsOf(['spark-submit', flag, '--conf', 'spark.a=b', 'app.py'])).to.deep.equal([
        `${flag} `,
        '--conf spark.a=b',
      ]);
    });

  const programs = [
    ...['spark-submit', 'spark-shell', 'spark-sql', 'spark-connect-shell', 'pyspark', 'sparkR'],
    ...['start-connect-server.sh', 'start-thriftserver.sh', 'org.apache.spark.deploy.SparkSubmit'],
  ];
  for (const program of programs)
    it(`are seen behind ${program}, wherever it is`, () => {
      for (const name of [program, `/opt/spark/bin/${program}`])
        expect(optionsOf(['tini', '--', name, '-c', 'spark.a=b'])).to.deep.equal(['--conf spark.a=b']);
    });

  it('are none of another program', () => {
    for (const name of ['python', 'my-spark-submit', 'spark-submit.py', 'driver'])
      expect(optionsOf([name, '--conf', 'spark.a=b'])).to.deep.equal([]);
  });

  it('end where the application begins', () => {
    expect(optionsOf(['spark-submit', '--name', 'x', 'app.py', '--conf', 'spark.a=b'])).to.deep.equal(['--name x']);
  });

  it('tell of the cluster mode, in both ways to ask for it', () => {
    const modes = [
      ['--deploy-mode', 'cluster'],
      ['--deploy-mode=cluster'],
      ['--conf', 'spark.submit.deployMode=cluster'],
      ['--deploy-mode', 'client'],
      ['--name', 'cluster'],
      ['--conf', 'spark.submit.deployMode=client'],
    ];
    const told = modes.map((mode) => submitsInClusterMode({ name: 'x', command: ['spark-submit', ...mode, 'app.py'] }));
    expect(told).to.deep.equal([true, true, true, false, false, false]);
  });
});
