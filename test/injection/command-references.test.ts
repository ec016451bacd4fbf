import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { commandReferences, mergedLines, withoutConf } from '../../operator/injection/command-references.ts';
import type { Container } from '../../operator/injection/pod.ts';
import { submitsInClusterMode } from '../../operator/injection/spark-command.ts';
import { golden } from './bindings.ts';
import { readWithJava } from './java-properties.ts';

type Command = Pick<Container, 'command' | 'args'>;

function cut(command: Command): Command & { lines: readonly string[] } {
  const { container, lines, problems } = commandReferences({ name: 'x', ...command });
  expect(problems).to.deep.equal([]);
  const { command: words, args } = container;
  return { ...(words === undefined ? {} : { command: words }), ...(args === undefined ? {} : { args }), lines };
}

function problemsOf(command: Command): string {
  const { problems } = commandReferences({ name: 'x', ...command });
  expect(problems).not.to.be.empty;
  return problems.join('\n');
}

const script = (text: string): Command => ({ command: ['bash', '-c'], args: [text] });

describe('references in a command', () => {
  const cuts: Record<string, [Command, Command, readonly string[]]> = {
    'of a list of arguments': [
      {
        command: [
          'spark-submit',
          '--conf',
          'spark.a=x${secrets.K}y',
          '--verbose',
          '-c',
          'spark.b=${secrets.g/L}',
          'app.py',
          'x',
        ],
      },
      { command: ['spark-submit', '--verbose', 'app.py', 'x'] },
      ['spark.a=x${secrets.K}y', 'spark.b=${secrets.g/L}'],
    ],
    'of a list whose option and value are one word': [
      { command: ['/opt/spark/bin/pyspark'], args: ['--conf=spark.a=${secrets.K}', '--name', 'x'] },
      { command: ['/opt/spark/bin/pyspark'], args: ['--name', 'x'] },
      ['spark.a=${secrets.K}'],
    ],
    'of what the entry point of Spark’s images is given': [
      { args: ['driver', '--conf', 'spark.a=${secrets.K}', '--properties-file', '/p', 'local:///a.jar'] },
      { args: ['driver', '--properties-file', '/p', 'local:///a.jar'] },
      ['spark.a=${secrets.K}'],
    ],
    'of a script, unquoted': [
      script('${SPARK_HOME}/sbin/start-connect-server.sh --conf a=b --conf spark.a=${secrets.K} --conf c=$(d)'),
      script('${SPARK_HOME}/sbin/start-connect-server.sh --conf a=b --conf c=$(d)'),
      ['spark.a=${secrets.K}'],
    ],
    'of what starts a daemon, behind its class and number': [
      {
        command: [
          '/opt/spark/sbin/spark-daemon.sh',
          'submit',
          'a.B',
          '1',
          '--conf',
          'spark.a=${secrets.K}',
          '--name',
          'x',
        ],
      },
      { command: ['/opt/spark/sbin/spark-daemon.sh', 'submit', 'a.B', '1', '--name', 'x'] },
      ['spark.a=${secrets.K}'],
    ],
    'of a script, quoted': [
      script(
        `start-thriftserver.sh --conf 'spark.a=\${secrets.K} !' --conf "spark.b=\${secrets.L}" -c spark.c='\${secrets.M}'`,
      ),
      script('start-thriftserver.sh'),
      [String.raw`spark.a=${'${secrets.K}'} \!`, 'spark.b=${secrets.L}', 'spark.c=${secrets.M}'],
    ],
    'of a script of several lines': [
      script('set -e\nexec spark-submit \\\n  --conf spark.a=${secrets.K} \\\n  --name x \\\n  app.py\n'),
      script('set -e\nexec spark-submit \\\n \\\n  --name x \\\n  app.py\n'),
      ['spark.a=${secrets.K}'],
    ],
    'of a script in the command, with letters before the c': [
      {
        command: [
          'tini',
          '--',
          '/bin/sh',
          '-o',
          'errexit',
          '-exc',
          'spark-submit --conf=spark.a=${secrets.K} app.py',
          'arg0',
        ],
      },
      { command: ['tini', '--', '/bin/sh', '-o', 'errexit', '-exc', 'spark-submit app.py', 'arg0'] },
      ['spark.a=${secrets.K}'],
    ],
    'of the last of several commands of a script': [
      script('pip install pyspark && spark-submit --conf spark.a=${secrets.K} app.py'),
      script('pip install pyspark && spark-submit app.py'),
      ['spark.a=${secrets.K}'],
    ],
    'of executors’ variables': [
      { command: ['spark-submit', '--conf', 'spark.executorEnv.X=${secrets.K}', 'app.py'] },
      { command: ['spark-submit', 'app.py'] },
      ['spark.executorEnv.X=${secrets.K}'],
    ],
  };
  for (const [sentence, [command, rest, lines]] of Object.entries(cuts)) {
    it(`are cut out of the options ${sentence}`, () => {
      expect(cut(command)).to.deep.equal({ ...rest, lines });
    });

    it(`are gone then: of the options ${sentence} nothing is cut again`, () => {
      expect(cut(rest)).to.deep.equal({ ...rest, lines: [] });
    });
  }

  const untouched: Record<string, Command> = {
    'a command without them': { command: ['spark-submit', '--conf', 'spark.a=${b}', 'app.py'] },
    'a script without them': script('spark-submit --conf spark.a=${b} app.py'),
    'a container that has no command': {},
  };
  for (const [sentence, command] of Object.entries(untouched)) {
    it(`leave ${sentence} as it is, the very object`, () => {
      const container = { name: 'x', ...command };
      expect(commandReferences(container)).to.deep.equal({ container, lines: [], problems: [] });
      expect(commandReferences(container).container).to.equal(container);
    });
  }

  const refused: Record<string, [Command, RegExp]> = {
    'in arguments of the application': [
      { command: ['spark-submit', 'app.py', '--conf', 'spark.a=${secrets.K}'] },
      /\$\{secrets\.K\} stands in the container's command.*work in the value of --conf before/,
    ],
    'in another option': [{ command: ['spark-submit', '--jars', 's3://${secrets.K}/x.jar', 'app.py'] }, /secrets\.K/],
    'where no launcher of Spark is seen': [
      { command: ['python', 'app.py', '--conf', 'spark.a=${secrets.K}'] },
      /secrets\.K/,
    ],
    'in the name of a property': [{ command: ['spark-submit', '--conf', '${secrets.K}=x', 'app.py'] }, /secrets\.K/],
    'in a script beside a variable': [
      script('spark-submit --conf "spark.a=$USER:${secrets.K}" app.py'),
      /has \$\{secrets\.K\} beside a variable or a command/,
    ],
    'beside a variable that the kubelet expands': [
      { command: ['spark-submit', '--conf', 'spark.a=$(USER):${secrets.K}', 'app.py'] },
      /beside a variable or a command/,
    ],
    'in a script of a shell that reads scripts otherwise': [
      { command: ['fish', '-c', 'spark-submit --conf spark.a=${secrets.K} app.py'] },
      /secrets\.K/,
    ],
    'in an assignment of a script': [script('X=${secrets.K} spark-submit app.py'), /secrets\.K/],
    'of one property with two values': [
      script('spark-submit --conf spark.a=${secrets.K} a.py; spark-submit --conf spark.a=${secrets.L} b.py'),
      /spark\.a stands in the container's command more than once/,
    ],
  };
  for (const [sentence, [command, pattern]] of Object.entries(refused)) {
    it(`are refused ${sentence}`, () => {
      expect(problemsOf(command)).to.match(pattern);
    });
  }

  it('go with properties that have to stand beside them, as far as their values are known', () => {
    const moved = new Set(['spark.redaction.regex', 'spark.executorEnv.X']);
    const args = [
      '--conf',
      'spark.redaction.regex=(?i)a\\b',
      '--conf',
      'spark.executorEnv.X=$(Y)',
      '--conf',
      'spark.a=b',
    ];
    const { container, lines } = commandReferences({ name: 'x', command: ['pyspark'], args }, moved);
    expect(container.args).to.deep.equal(args.slice(2));
    expect(lines).to.deep.equal(['spark.redaction.regex=(?i)a\\\\b']);
  });

  it('are named in a message without what stands around them', () => {
    const text = problemsOf({ command: ['run', 'password=canary-5f1d ${secrets.K} canary-5f1d'] });
    expect(text).to.include('${secrets.K}').and.not.to.include('canary');
  });

  it('become lines that Java reads as Spark would have got the value, and that the kubelet leaves alone', () => {
    const value = 'a=b $$ $(PATH) $x ß\t#! ${secrets.K} $';
    const { lines } = cut(script(`spark-submit --conf 'spark.a=${value}' app.py`));
    expect(lines.join('').replaceAll('${secrets.', '')).not.to.include('$');
    expect(readWithJava(Buffer.from(`${lines[0]!}\n`)).values.get('spark.a')).to.equal(value);
  });

  it('leave the rest of what Kubeflow has bash do as it was', () => {
    const [server] = golden('kubeflow-connect-server').spec.containers;
    const [text = ''] = server!.args!;
    const secret = text.replace(
      ' --conf spark.driver.cores=1',
      ' --conf spark.sql.x=a${secrets.orders/K} --conf spark.driver.cores=1',
    );
    const { args, lines } = cut({ ...server, args: [secret] });
    expect(args).to.deep.equal([text]);
    expect(lines).to.deep.equal(['spark.sql.x=a${secrets.orders/K}']);
    expect(startedBy(args![0]!)).to.include('spark.driver.host=10.1.2.3').and.to.include('spark.orders.greeting=hello');
  });

  /** The arguments that the server is started with, by bash. */
  function startedBy(text: string): readonly string[] {
    const home = mkdtempSync(join(tmpdir(), 'command-references-'));
    try {
      mkdirSync(join(home, 'sbin'));
      writeFileSync(join(home, 'sbin', 'start-connect-server.sh'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
      const env = { PATH: process.env['PATH'], SPARK_HOME: home, POD_IP: '10.1.2.3' };
      const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', text], { encoding: 'utf8', env, timeout: 10_000 });
      expect(stderr).to.equal('');
      return stdout.split('\n');
    } finally {
      rmSync(home, { recursive: true });
    }
  }
});

describe('options of properties that a binding replaces', () => {
  const names = new Set(['spark.a', 'spark.b']);
  const cuts: Record<string, [Command, Command, readonly string[]]> = {
    'in a list': [
      {
        args: [
          'driver',
          '--conf',
          'spark.a=x',
          '--conf=spark.b=y',
          '-c',
          'spark.ab=z',
          'app.py',
          '--conf',
          'spark.a=x',
        ],
      },
      { args: ['driver', '-c', 'spark.ab=z', 'app.py', '--conf', 'spark.a=x'] },
      ['spark.a', 'spark.b'],
    ],
    'in a script, also when the value is not known': [
      script('spark-submit --conf "spark.a=$X" --conf spark.b=${secrets.K} --conf spark.c=z app.py'),
      script('spark-submit --conf spark.c=z app.py'),
      ['spark.a', 'spark.b'],
    ],
    'behind options of spark-sql that take no value': [
      script('spark-sql -S --silent -v --verbose -H --conf spark.a=x -e "select 1"'),
      script('spark-sql -S --silent -v --verbose -H -e "select 1"'),
      ['spark.a'],
    ],
    nowhere: [script('spark-submit --name spark.a=x app.py'), script('spark-submit --name spark.a=x app.py'), []],
  };
  for (const [sentence, [command, rest, found]] of Object.entries(cuts)) {
    it(`are cut out: ${sentence}`, () => {
      expect(withoutConf({ name: 'x', ...command }, names)).to.deep.equal({ container: { name: 'x', ...rest }, found });
    });
  }
});

describe('lines of two calls', () => {
  it('stay, and of one property the later counts', () => {
    const first = mergedLines('', ['spark.a=1', 'spark.b\\==2']);
    expect(first).to.equal('spark.a=1\nspark.b\\==2\n');
    expect(mergedLines(first, [])).to.equal(first);
    expect(mergedLines(first, ['spark.b\\==3', 'spark.c=4'])).to.equal('spark.a=1\nspark.b\\==3\nspark.c=4\n');
  });

  it('are nothing when there are none', () => {
    expect(mergedLines('', [])).to.equal('');
  });
});

describe('submitsInClusterMode', () => {
  const commands: Record<string, [Command, boolean]> = {
    'the option': [{ command: ['spark-submit', '--deploy-mode', 'cluster', 'app.py'] }, true],
    'the option in one word': [{ args: ['/opt/spark/bin/spark-submit', '--deploy-mode=cluster', 'app.py'] }, true],
    'the property': [script('spark-submit --conf spark.submit.deployMode=cluster app.py'), true],
    'client mode': [{ command: ['spark-submit', '--deploy-mode', 'client', 'app.py'] }, false],
    'arguments of the application': [{ command: ['spark-submit', 'app.py', '--deploy-mode', 'cluster'] }, false],
    'no command': [{}, false],
  };
  for (const [sentence, [command, expected]] of Object.entries(commands)) {
    it(`goes by ${sentence}`, () => {
      expect(submitsInClusterMode({ name: 'x', ...command })).to.equal(expected);
    });
  }
});
