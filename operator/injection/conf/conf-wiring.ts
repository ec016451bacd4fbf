import { commandReferences, mergedLines, withoutConf } from '../command-references.ts';
import type { Container } from '../pod.ts';
import type { ConfKind, Driver, PodProblem } from '../runners/runner.ts';
import { defaultsFileWiring } from './defaults-file.ts';
import { jvmArgumentsWiring } from './jvm-arguments.ts';
import { propertiesFileWiring } from './properties-file.ts';
import { envEntry, type ConfWiring } from './wiring.ts';

const KINDS: Readonly<Record<ConfKind, (driver: Container, merge: Container | undefined) => ConfWiring | PodProblem>> =
  {
    PropertiesFile: propertiesFileWiring,
    DefaultsFile: defaultsFileWiring,
    JvmArguments: jvmArgumentsWiring,
  };

/** Properties that a command's `--conf` may set, where it would win over any file. */
export interface CommandConf {
  /** Set by bindings, whatever the job says: taken out. */
  readonly replaced: ReadonlySet<string>;
  /** Weighed by the merge script against what bindings give: moved into the file. */
  readonly moved: ReadonlySet<string>;
}

/**
 * How the driver is given properties, and what keeps it from that. `merge` is our init container when the pod has it
 * already: it knows what the driver said before. References in the driver's command, and what is `moved`, go into the init
 * container's EXTRA.
 */
export function confWiring(
  { container, conf }: Driver,
  merge: Container | undefined,
  { replaced, moved }: CommandConf = { replaced: new Set(), moved: new Set() },
): (ConfWiring & { readonly replaced: readonly string[] }) | PodProblem {
  const { container: rest, found } = withoutConf(container, replaced);
  const references = commandReferences(rest, moved);
  const [problem] = references.problems;
  if (problem !== undefined) return { problem: references.problems.join(' ') };
  const wiring = KINDS[conf](references.container, merge);
  if ('problem' in wiring) return wiring;
  const extra = mergedLines((merge && envEntry(merge, 'EXTRA')?.value) ?? '', references.lines);
  const own = extra === '' && !hasOthers(wiring) ? [] : [{ name: 'EXTRA', value: extra || '\n' }];
  return { ...wiring, replaced: found, mergeEnv: [...wiring.mergeEnv, ...own] };
}

/** Whether the init container has variables by `envFrom`: one that is called EXTRA is none of ours. */
function hasOthers({ findsFolder, container: { envFrom = [] } }: ConfWiring): boolean {
  return findsFolder === true && envFrom.length > 0;
}
