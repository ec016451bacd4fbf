import { compile, type JSONSchema } from 'json-schema-to-typescript';

type Schema = Record<string, unknown>;

/** The part of a CustomResourceDefinition that the generators read. */
export interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string; readonly shortNames?: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** The version that is stored, and its schema. Throws when the CRD has none. */
export function storageVersion(crd: Crd): { readonly name: string; readonly schema: Schema } {
  const version = crd.spec.versions.find(({ storage }) => storage);
  if (version === undefined) throw new Error(`${crd.metadata.name} has no storage version`);
  return { name: version.name, schema: version.schema.openAPIV3Schema };
}

/** TypeScript interfaces of a CRD's kind, from its storage version. `file` is named in the first line. */
export async function crdTypes(crd: Crd, file: string): Promise<string> {
  const version = storageVersion(crd);
  const { kind } = crd.spec.names;
  const schema = version.schema as JSONSchema;
  schema.properties = {
    apiVersion: { const: `${crd.spec.group}/${version.name}` },
    kind: { const: kind },
    metadata: { tsType: 'ObjectMeta' },
    ...schema.properties,
  };
  schema.required = ['apiVersion', 'kind', 'metadata', 'spec'];
  return compile({ ...schema, title: kind }, kind, {
    additionalProperties: false,
    bannerComment: `// Generated from ${file} by \`npm run generate\`. Do not edit.\nimport type { ObjectMeta } from '../../runtime/kube-object.ts';`,
    style: { singleQuote: true, printWidth: 120, trailingComma: 'all' },
    // A list's bounds as a tuple type would make every literal awkward: the API server checks them.
    ignoreMinAndMaxItems: true,
  });
}
