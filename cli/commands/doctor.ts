import { openKube } from '../api/connect.ts';
import { command } from '../command.ts';
import { diagnose } from '../doctor/diagnose.ts';
import type { Finding, State } from '../doctor/finding.ts';
import type { Io } from '../io.ts';
import { write } from '../output.ts';
import { EXIT } from '../problem.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS } from '../shared-options.ts';
import { paint } from '../terminal/paint.ts';
import { plain } from '../terminal/plain.ts';

export const doctor = command({
  name: 'doctor',
  summary: 'what is wrong with an installation, and what to do',
  about: `Looks at an installation with your rights: the custom resource definitions, the operator's pods and their leader, the webhook
and the namespaces that it covers, its certificate, the API and what you may do with it, all stores and bindings. Each is ok,
a warning (also what you may not look at), or a problem with the next step. Exit code 3: there are problems. Changes nothing,
and reads no value.`,
  options: { ...OUTPUT_OPTIONS, ...CONNECTION_OPTIONS },
  examples: [
    ['doctor', 'the installation in spark-secrets-system'],
    ['doctor --as-account platform/admin -o json', 'the rights of a ServiceAccount; for programs'],
  ],
  run: async ({ values, io }) => {
    const { observe } = await import('../doctor/observe.ts');
    const kube = await openKube(values, io.signal);
    const findings = diagnose(await observe(kube, values, io), new Date());
    const count = (state: State): number => findings.filter((finding) => finding.state === state).length;
    const [problems, warnings] = [count('problem'), count('warning')];
    await write(io, values.output, { problems, warnings, findings }, () => findingsText(findings, io));
    return problems > 0 ? EXIT.notWell : EXIT.done;
  },
});

const COLOURS = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

function findingsText(findings: readonly Finding[], io: Io): string {
  const width = Math.max(...findings.map(({ area }) => area.length));
  const lines = findings.flatMap(({ state, area, message, next }) => [
    `${paint(state.padEnd(7), COLOURS[state], io)}  ${area.padEnd(width)}  ${plain(message)}`,
    ...(next === undefined ? [] : [`${' '.repeat(width + 11)}→ ${plain(next)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
