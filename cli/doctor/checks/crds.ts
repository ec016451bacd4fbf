import { VERSION } from '../../../operator/api/group.ts';
import type { Crd, CrdSeen, Installation } from '../installation.ts';
import { area, isKnown, type Finding } from '../finding.ts';

const { ok, warning, problem, unknown } = area('crds');
const APPLY = 'helm upgrade with crds.upgrade, or kubectl apply --server-side -f crds/, of the version you want.';
/** So many fields are named. */
const SHOWN = 3;

/** Whether our kinds are installed, and in the shape that this version knows. */
export function checkCrds({ crds }: Installation): Finding[] {
  return crds.map(checkCrd);
}

function checkCrd({ wanted, found }: CrdSeen): Finding {
  const { name } = wanted.metadata;
  if (!isKnown(found)) return unknown(found);
  if (found.value === undefined) return problem(`${name} is not installed`, APPLY);
  const established = found.value.status?.conditions?.find(({ type }) => type === 'Established');
  if (established?.status === 'True') return compare(name, fieldsOf(wanted), fieldsOf(found.value));
  return problem(`${name} is not established: ${established?.message ?? 'the API server has not looked at it'}`, APPLY);
}

function compare(name: string, ours = new Set<string>(), theirs?: ReadonlySet<string>): Finding {
  if (theirs === undefined) return problem(`${name} does not serve ${VERSION}`, APPLY);
  const missing = [...ours].filter((field) => !theirs.has(field));
  if (missing.length > 0) return problem(`${name} is of another version: it lacks ${someOf(missing)}`, APPLY);
  const more = [...theirs].filter((field) => !ours.has(field));
  if (more.length > 0)
    return warning(`${name} is newer than this command: it has ${someOf(more)}`, 'Take the command of that version.');
  return ok(`${name} is installed, as this version has it`);
}

function someOf(fields: readonly string[]): string {
  const more = fields.length - SHOWN;
  return fields.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The paths of all fields, `spec.vault.endpoint`; undefined: our version is not served. */
function fieldsOf({ spec }: Crd): Set<string> | undefined {
  const version = spec.versions.find(({ name, served }) => name === VERSION && served);
  return version && new Set(pathsIn(version.schema?.openAPIV3Schema ?? {}, ''));
}

interface SchemaPart {
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly items?: SchemaPart;
  readonly additionalProperties?: SchemaPart | boolean;
}

function pathsIn({ properties = {}, items, additionalProperties: values }: SchemaPart, at: string): string[] {
  const below = Object.entries(properties).flatMap(([name, part]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [path, ...pathsIn(part, path)];
  });
  return [
    ...below,
    ...(items === undefined ? [] : pathsIn(items, `${at}[]`)),
    ...(typeof values === 'object' ? pathsIn(values, `${at}.*`) : []),
  ];
}
