import { fields, text, type Fields } from '../../../operator/injection/explain/shape.ts';
import type { Findings } from '../findings.ts';
import { isObjectName } from '../places.ts';
import { COPIED } from './entries.ts';
import type { ExternalSecret } from './source.ts';

const SPEC = ['secretStoreRef', 'target', 'refreshPolicy', 'refreshInterval', 'syncWindows', 'data', 'dataFrom'];
const TARGET = ['name', 'template', 'manifest', 'immutable', 'creationPolicy', 'deletionPolicy'];

/**
 * Tells what is different about the Secret that an ExternalSecret makes, and when it is made. Gives how often its values
 * are read, in seconds; undefined: as the store does by itself.
 */
export function noteSecret(source: ExternalSecret): number | undefined {
  const { spec, findings } = source;
  findings.unknown(spec, SPEC, 'spec');
  const target = fields(spec['target']);
  noteTarget(target, findings);
  findings.note(
    'spec.target',
    `the operator keeps a Secret of its own, and jobs get the keys by themselves: take what refers to Secret ${secretNameOf(source)} out of them`,
  );
  if (spec['syncWindows'] !== undefined) findings.left('spec.syncWindows', 'values are followed at all times');
  const policy = text(spec['refreshPolicy']) ?? 'Periodic';
  const seconds = secondsOf(text(spec['refreshInterval']) ?? '');
  if (policy !== 'Periodic' || seconds === 0) {
    findings.left(
      policy === 'Periodic' ? 'spec.refreshInterval' : 'spec.refreshPolicy',
      'values are followed always; with scope: Application in the binding each run keeps those that it started with',
    );
    return undefined;
  }
  if (seconds === undefined && spec['refreshInterval'] !== undefined)
    findings.left(
      'spec.refreshInterval',
      'it is no duration such as 15m: the store is read as often as it is by default',
    );
  return seconds;
}

function noteTarget(target: Fields, findings: Findings): void {
  const { template, manifest, immutable, creationPolicy = 'Owner', deletionPolicy = 'Retain' } = target;
  findings.unknown(target, TARGET, 'spec.target');
  if (manifest !== undefined) findings.left('spec.target.manifest', 'nothing but Spark jobs is given values');
  if (immutable === true)
    findings.left('spec.target.immutable', 'scope: Application in the binding makes an immutable Secret for each run');
  if (creationPolicy !== 'Owner')
    findings.left(
      'spec.target.creationPolicy',
      'the Secret is the operator’s alone: nothing is merged into another one',
    );
  if (deletionPolicy !== 'Retain')
    findings.left('spec.target.deletionPolicy', 'a key that is gone makes the binding not ready, and removes nothing');
  const { data, templateFrom } = fields(template);
  if (data !== undefined || templateFrom !== undefined)
    findings.left(
      'spec.target.template',
      `no templates of that kind (write env or sparkConf with template): ${COPIED}`,
    );
  else if (template !== undefined)
    findings.note('spec.target.template', 'type and labels of that Secret are not needed');
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** The Secret that an ExternalSecret makes. */
export function secretNameOf({ name, spec }: ExternalSecret): string {
  const own = text(fields(spec['target'])['name']);
  return own !== undefined && isObjectName(own) ? own : name;
}

/** Of a duration as Go writes it, such as `1h0m0s`; undefined for anything else. */
export function secondsOf(duration: string): number | undefined {
  const parts = [...duration.matchAll(/([0-9]+(?:[.][0-9]+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.map(([all]) => all).join('') !== duration) return duration === '0' ? 0 : undefined;
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, amount = '', unit = '']) => sum + Number(amount) * (UNITS[unit] ?? 0), 0);
}
