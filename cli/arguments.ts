import { parseArgs } from 'node:util';
import { UNDERSTOOD } from '../operator/injection/explain/manifest.ts';
import { CommandProblem } from './problem.ts';

export const OUTPUTS = ['text', 'json', 'yaml'] as const;
export type Output = (typeof OUTPUTS)[number];

/** What `explain` was asked for. */
export interface ExplainArguments {
  /** Name of a pod in the cluster; else `file` is given. */
  readonly pod: string | undefined;
  /** Path of a manifest, or `-`. */
  readonly file: string | undefined;
  /** Path of a manifest with bindings that are taken instead of the cluster's, or `-`. */
  readonly bindings: string | undefined;
  readonly namespace: string | undefined;
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly output: Output;
  /** Exit with 3 unless every job gets its secrets. */
  readonly check: boolean;
}

export const USAGE = `spark-secrets explain [-n NAMESPACE] POD
spark-secrets explain [-n NAMESPACE] -f FILE [-b FILE]

Shows which SparkJobSecretBindings select a Spark job and why or why not, what the job would be given, from which key,
and what the webhook would say. Never a value. Changes nothing, and asks the cluster only for the pod, the bindings, and
the names and annotations of their Secrets.

  POD                     a pod that is there
  -f, --filename FILE     a manifest of a job, - for standard input: ${UNDERSTOOD}
  -b, --bindings FILE     take the bindings from a manifest, as if they were applied; with -f no cluster is asked
  -n, --namespace NAME    the job's namespace; by default the context's
      --context NAME      context of the kubeconfig
      --kubeconfig FILE   by default KUBECONFIG, then ~/.kube/config
  -o, --output FORMAT     text (default), json or yaml
      --check             exit with 3 unless every job is given secrets and its references are covered
  -h, --help

Exit codes: 0 explained, 1 not explained, 3 see --check.
`;

/** The arguments after `explain`; undefined: help was asked for. Throws CommandProblem. */
export function explainArguments(args: readonly string[]): ExplainArguments | undefined {
  const { values, positionals } = parsed(args);
  if (values.help === true) return undefined;
  const { filename: file, bindings, namespace, context, kubeconfig } = values;
  const [name, ...more] = positionals;
  if (more.length > 0) throw new CommandProblem(`one pod at a time, and not also ${more.join(' ')}`);
  if ((name === undefined) === (file === undefined))
    throw new CommandProblem('name a pod, or give a manifest with -f: one of both. --help tells more.');
  if (file === '-' && bindings === '-') throw new CommandProblem('standard input can be only one of -f and -b');
  const output = OUTPUTS.find((one) => one === (values.output ?? 'text'));
  if (output === undefined) throw new CommandProblem(`--output is one of ${OUTPUTS.join(', ')}`);
  const pod = name?.replace(/^pods?\//, '');
  return { pod, file, bindings, namespace, context, kubeconfig, output, check: values.check === true };
}

const OPTIONS = {
  filename: { type: 'string', short: 'f' },
  bindings: { type: 'string', short: 'b' },
  namespace: { type: 'string', short: 'n' },
  context: { type: 'string' },
  kubeconfig: { type: 'string' },
  output: { type: 'string', short: 'o' },
  check: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;

function parsed(args: readonly string[]): Parsed {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new CommandProblem((error as Error).message);
  }
}
