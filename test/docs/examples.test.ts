import { expect } from 'chai';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { runExplain } from '../../cli/explain/explain.ts';
import { run } from '../../deploy/local/run.ts';
import { expectValid, isOurs, type Manifest } from '../support/crd-schema.ts';
import { ROOT } from './commands/pages.ts';

const OFFLINE = { pod: undefined, namespace: undefined, context: undefined, kubeconfig: undefined };
const examples = (pattern: string) => globSync(`examples/${pattern}`, { cwd: ROOT }).sort();

describe('the examples', () => {
  it('have objects of our kinds as their definitions want them', () => {
    const files = examples('**/*.yaml');
    const ours = files.flatMap((file) =>
      parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).flatMap((document) => {
        expect(document.errors, file).to.deep.equal([]);
        const object = document.toJS() as Manifest;
        return isOurs(object['kind']) ? [{ file, object }] : [];
      }),
    );
    for (const { file, object } of ours) expectValid(object, file);
    expect(ours.length).to.be.above(5);
  });

  for (const file of examples('runners/*.yaml'))
    it(`are given the secrets of the quickstart's binding: ${file}`, async () => {
      const bindings = join(ROOT, 'examples/quickstart/binding.yaml');
      const io = { stdin: process.stdin, signal: AbortSignal.timeout(10_000) };
      const { explanations } = await runExplain({ ...OFFLINE, file: join(ROOT, file), bindings }, io);
      expect(explanations.map(({ verdict }) => verdict)).to.deep.equal(['WouldInject']);
    });

  it('have programs that Python understands', async () => {
    const files = examples('**/*.py');
    await run(
      'python3',
      ['-c', 'import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name).read(), name)', ...files],
      {
        cwd: ROOT,
      },
    );
    expect(files).to.have.length.above(1);
  });
});
