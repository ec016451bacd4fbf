import { UNDERSTOOD } from '../../operator/injection/explain/manifest.ts';
import { command } from '../command.ts';
import { isWell, runExplain } from '../explain/explain.ts';
import { explanationText } from '../explain/text.ts';
import { documentOf } from '../output.ts';
import { EXIT, UsageProblem } from '../problem.ts';
import { CLUSTER_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { plain } from '../terminal/plain.ts';

export const explain = command({
  name: 'explain',
  summary: 'which secrets a Spark job gets, and why',
  operands: '[POD]',
  about: `Shows which SparkJobSecretBindings select a Spark job and why or why not, what the job would be given, from which key,
and what the webhook would say. Never a value. Changes nothing, and asks the cluster only for the pod, the bindings, and
the names and annotations of their Secrets; not the operator. Exit code 3: see --check.

POD is a pod that is there; -f takes ${UNDERSTOOD}.`,
  options: {
    filename: { type: 'string', short: 'f', value: 'FILE', about: 'a manifest of a job, - for standard input' },
    bindings: {
      type: 'string',
      short: 'b',
      value: 'FILE',
      about: 'take the bindings from a manifest, as if they were applied; with -f no cluster is asked',
    },
    namespace: {
      ...STORE_OPTIONS.namespace,
      about: "the job's namespace; by default the context’s",
      section: 'Options',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['text', 'json', 'yaml'],
      about: 'text (default), json or yaml',
    },
    check: { type: 'boolean', about: 'exit with 3 unless every job is given secrets and its references are covered' },
    ...CLUSTER_OPTIONS,
  },
  examples: [
    ['explain -n analytics orders-etl-driver', 'a pod that is there'],
    ['explain -n analytics -f job.yaml', 'a job that is not submitted yet'],
    ['explain -f job.yaml -b bindings.yaml --check', 'without a cluster: for a pull request'],
  ],
  run: async ({ values, operands, io }) => {
    const { filename: file, bindings, namespace, context, kubeconfig, output, check = false } = values;
    const [name] = operands;
    if ((name === undefined) === (file === undefined))
      throw new UsageProblem('name a pod, or give a manifest with -f: one of both. --help tells more.');
    if (file === '-' && bindings === '-') throw new UsageProblem('standard input can be only one of -f and -b');
    const pod = name?.replace(/^pods?\//, '');
    const asked = { pod, file, bindings, namespace, context, kubeconfig };
    const { explanations, skipped } = await runExplain(asked, io);
    if (output === 'text') io.stdout.write(explanations.map(explanationText).join('\n'));
    else io.stdout.write(await documentOf(output, { explanations }));
    if (skipped.length > 0) io.stderr.write(`no Spark jobs: ${plain(skipped.join(', '))}\n`);
    return check && !isWell(explanations) ? EXIT.notWell : EXIT.done;
  },
});
