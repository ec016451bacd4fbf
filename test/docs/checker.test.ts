import { expect } from 'chai';
import { mistakesOf } from './commands/check.ts';
import { Page } from './commands/pages.ts';
import { commandsOf } from './commands/shell.ts';

const block = (line: string) => `text\n\n\`\`\`sh\n${line}\n\`\`\`\n`;
const mistakes = async (text: string) => (await mistakesOf(new Page('docs/page.md', text))).join('\n');

/** A line as a page could have it by mistake, and what is said of it. */
const WRONG: readonly (readonly [line: string, says: string])[] = [
  ['npm run chek', 'no script'],
  ['npm test unit', '-- goes before arguments'],
  ['npm test -- unitt', 'does not take unitt'],
  ['npm run demo -- --kontext NAME', 'does not take --kontext'],
  ['npm run cluster -- upp', 'unknown command upp'],
  ['npm run cluster -- exec kubectl gett pods', 'no command gett'],
  ['npm run bench -- --strikt', 'unknown figure or option --strikt'],
  ['npx mocha test/docs/none.test.ts', 'no test/docs/none.test.ts'],
  ['node tools/none.ts', 'no tools/none.ts'],
  ['cd examples/none', 'no examples/none'],
  ['kubectl gett pods', 'kubectl has no command gett'],
  ['kubectl create sekret generic x', 'kubectl create has no command sekret'],
  ['kubectl -n x get pods --outputt wide', 'kubectl get has no option --outputt'],
  ['kubectl get pods -o wyde', 'no output wyde'],
  ['kubectl get sjbs -A', 'no kind sjbs'],
  ['kubectl get ssc,sjbs -A', 'no kind sjbs'],
  ['kubectl wait --for=condition=Ready sjbs/orders', 'no kind sjbs'],
  ['kubectl explain sjbs.spec', 'no kind sjbs'],
  ['kubectl rollout status deploiment/x', 'no kind deploiment'],
  ['kubectl apply -f none.yaml', 'no none.yaml'],
  ['kubectl apply -f deploy/chart/values.yaml', 'no object of Kubernetes'],
  ['kubectl create configmap x --from-file=none.py', 'no none.py'],
  ["kubectl patch secret x --type=json -p '[{]'", 'JSON'],
  ['kubectl exec x -- nodde /app/operator.mjs', 'nodde'],
  ["kubectl exec x -- sh -c 'nodde x'", 'nodde'],
  ['kubectl spark-secrets gett KEY', 'no command gett'],
  ['for each in a b; do kubectl gett $each; done', 'no command gett'],
  ['echo "$(kubectl gett pods)"', 'no command gett'],
  ['kubectl get pods | jqq .', 'jqq'],
  ['helm instal x deploy/chart', 'helm has no command instal'],
  ['helm install x deploy/chart --namespce y', 'helm install has no option --namespce'],
  ['helm install x deploy/none', 'not the chart'],
  ['helm upgrade x deploy/chart --set imagee.tag=1', 'imagee'],
  ['helm upgrade x deploy/chart --values none.yaml', 'no none.yaml'],
  ['spark-secrets lst', 'no command lst'],
  ['spark-secrets get', 'get wants KEY'],
  ['spark-secrets get KEY --outputt json', '--outputt'],
  ['spark-submit --deploy-mod cluster', 'no option --deploy-mod'],
  ['spark-submit --conf spark.executor.instanses=2 app.py', 'no property spark.executor.instanses'],
  ['bao kv putt secret/x value=y', 'bao kv has no command putt'],
  ['bao kv put -kas=1 secret/x value=y', 'bao kv put has no option -kas'],
  ['pg_dump --formatt=custom', 'pg_dump has no option --formatt'],
  ['openssl rand -base46 32', 'openssl rand with -base46'],
  ['docker bild .', 'docker bild'],
  ['wget https://example.com', 'add it to test/docs/commands/options.ts'],
  ['kubectl apply -f - <<EOF', 'a block of its own'],
  ["echo 'open", 'no shell would understand'],
];

describe('the check of the commands on pages', function () {
  this.timeout(300_000); // as for the pages themselves

  for (const [line, says] of WRONG)
    it(`finds the mistake in ${line}`, async () => {
      expect(await mistakes(block(line)))
        .to.match(/^docs\/page[.]md:3: /)
        .and.to.contain(says);
    });

  it('reads code in a sentence, also over a line end, and lets a part of a command be one', async () => {
    expect(await mistakes('See `kubectl gett\npods` and `helm instal`.'))
      .to.contain('gett')
      .and.to.contain('instal');
    expect(await mistakes('See `kubectl get`, `spark-secrets versions`, `helm template … --skip-tests`.')).to.equal('');
  });

  it('finds commands in a block that does not say that it is shell', async () => {
    expect(await mistakes('```\nkubectl get pods\n```\n')).to.contain('docs/page.md:1: a block of commands');
  });

  it('knows files that a command before wrote, that a block shows, and that lie where the reader was told to go', async () => {
    const shown = '```yaml\n# values.yaml\nreplicas: 1\n```\n';
    const written = block(
      'spark-secrets export -f - > keys.json\nkubectl create secret generic x --from-file=keys.json',
    );
    const gone = block('cd examples/quickstart\nkubectl apply -f platform.yaml');
    expect(await mistakes(shown + block('helm template x deploy/chart -f values.yaml') + written + gone)).to.equal('');
    expect(
      await mistakes(
        shown.replace('replicas: 1', 'replikas: 1') + block('helm template x deploy/chart -f values.yaml'),
      ),
    ).to.contain('replikas');
  });
});

describe('the reader of shell', () => {
  const words = (script: string) => commandsOf(script).map((command) => command.words);

  it('gives words without quotes, comments and redirections, command by command', () => {
    expect(words(`A=1 a "b c" 'd'e \\\n  f > out 2>&1 # g\nh && i | j; k`)).to.deep.equal([
      ['a', 'b c', 'de', 'f'],
      ...[['h'], ['i'], ['j'], ['k']],
    ]);
    expect(commandsOf('a > b >> c < d').map(({ writes }) => writes)).to.deep.equal([['b', 'c']]);
  });

  it('looks into loops, groups and substitutions', () => {
    expect(words('for x in 1 2; do a $x; done; { b; c; }; d "$(e f)"')).to.deep.equal([
      ...[['a', '$x'], ['b'], ['c']],
      ['d', '$(e f)'],
      ['e', 'f'],
    ]);
  });
});
