import { REASONS } from '../operator/api/reasons.ts';
import { presetEntries, type Preset } from '../operator/injection/presets.ts';
import { storageVersion, type Crd } from './crd-types.ts';

interface Field {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Record<string, Field>;
  readonly items?: Field;
  readonly additionalProperties?: Field;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
}

/** crds/README.md: every field with its meaning, what presets give, and every reason of a condition. */
export function crdReference(crds: readonly Crd[]): string {
  const parts = [
    '<!-- Generated from crds/*.yaml, operator/injection/presets.ts and operator/api/reasons.ts by `npm run generate`. Do not edit. -->',
    '# API reference: `secrets.iomete.com/v1alpha1`',
    ...crds.flatMap(kindSection),
    '## Presets of a SparkJobSecretBinding',
    'What each entry of `presets` gives, here with `group: GROUP`. A key reads as `${GROUP/NAME}`.',
    ['| preset | variable or property | value |', '| --- | --- | --- |', ...PRESETS.flatMap(presetRows)].join('\n'),
    '## Reasons of conditions',
    [
      '| reason | meaning |',
      '| --- | --- |',
      ...Object.entries(REASONS).map(([name, text]) => `| \`${name}\` | ${cell(text)} |`),
    ].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

const PRESETS: readonly Omit<Preset, 'group'>[] = [
  { type: 'S3A' },
  { type: 'S3A', bucket: 'BUCKET', sessionToken: true },
  { type: 'ABFS', account: 'ACCOUNT' },
  { type: 'ABFS', account: 'ACCOUNT', auth: 'OAuth' },
  { type: 'GCS' },
  { type: 'JDBC', catalog: 'CATALOG' },
  { type: 'Kafka' },
  { type: 'Kafka', mechanism: 'SCRAM' },
  { type: 'IcebergREST', catalog: 'CATALOG' },
];

function presetRows(preset: Omit<Preset, 'group'>): string[] {
  const title = Object.entries(preset).map(([name, value]) => `${name}: ${String(value)}`);
  const { env, sparkConf } = presetEntries({ ...preset, group: 'GROUP' });
  return [...env, ...sparkConf].map(({ name, key, template }) => {
    const value = key === undefined ? template : `\${${key}}`;
    return `| \`${title.join(', ')}\` | \`${name}\` | ${cell(`\`${value ?? ''}\``)} |`;
  });
}

function kindSection(crd: Crd): string[] {
  const { kind, shortNames } = crd.spec.names;
  const schema = storageVersion(crd).schema as Field;
  const rows = ['spec', 'status'].flatMap((name) => fieldRows(name, schema.properties?.[name], name === 'spec'));
  return [
    `## ${kind}${shortNames ? ` (\`${shortNames.join('`, `')}\`)` : ''}`,
    schema.description ?? '',
    ['| field | type | meaning |', '| --- | --- | --- |', ...rows].join('\n'),
  ];
}

function fieldRows(path: string, field: Field | undefined, required: boolean): string[] {
  if (field === undefined) return [];
  const own = `| \`${path}\`${required ? ' (required)' : ''} | ${typeOf(field)} | ${cell(meaning(field))} |`;
  const inner = field.items ?? field;
  const prefix = field.items ? `${path}[]` : path;
  const children = Object.entries(inner.properties ?? {}).flatMap(([name, child]) =>
    fieldRows(`${prefix}.${name}`, child, inner.required?.includes(name) ?? false),
  );
  return [own, ...children];
}

function typeOf(field: Field): string {
  if (field.enum) return field.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (field.items) return `list of ${field.items.properties ? 'objects' : typeOf(field.items)}`;
  if (field.additionalProperties) return 'map of strings';
  return field.type ?? 'any';
}

function meaning(field: Field): string {
  const rules = (field['x-kubernetes-validations'] ?? []).map(({ message }) => `Rule: ${message}.`);
  const fallback = field.default === undefined ? [] : [`Default: \`${JSON.stringify(field.default)}\`.`];
  return [field.description ?? '', ...fallback, ...rules].join(' ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
}
