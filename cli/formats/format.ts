import { UsageProblem } from '../problem.ts';

export const FORMATS = ['dotenv', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

/** The option, for import and export. It has no default: see `formatOf`. */
export const FORMAT_OPTION = {
  type: 'string',
  value: 'FORMAT',
  about: `${FORMATS.join(', ')}; by default what the file's name says (.env, .json, .yaml)`,
} as const;

const ENDINGS: readonly (readonly [RegExp, Format])[] = [
  [/[.]json$/i, 'json'],
  [/[.]ya?ml$/i, 'yaml'],
  [/(^|[/.])env([.][^/.]+)?$/i, 'dotenv'],
];

/** Throws UsageProblem when neither the option nor the file's name tells. */
export function formatOf(option: string | undefined, file: string): Format {
  const given = FORMATS.find((format) => format === option);
  if (given !== undefined) return given;
  if (option !== undefined) throw new UsageProblem(`--format is one of ${FORMATS.join(', ')}`);
  const named = ENDINGS.find(([ending]) => ending.test(file));
  if (named === undefined) throw new UsageProblem(`say which format with --format: ${FORMATS.join(', ')}`);
  return named[1];
}
