import type { BindingSpec } from '../../../operator/api/kinds.ts';
import { fields, list, text, type Fields } from '../../../operator/injection/explain/shape.ts';
import type { Findings } from '../findings.ts';
import { isFileName, noVariable, type Env, type File } from '../places.ts';
import type { ExternalSecret } from './source.ts';
import type { Place, RemoteRef, TranslatedStore } from './stores.ts';

/** One entry of the Secret that an ExternalSecret makes. */
export interface Entry {
  /** Its name in that Secret. */
  readonly name: string;
  /** Where its value is; undefined: it has to be copied out of that Secret. */
  readonly place: Extract<Place, { draft: unknown }> | undefined;
  /** The value there is base64 of what the entry has. */
  readonly isBase64: boolean;
  /** The store that was asked. */
  readonly store: TranslatedStore;
}

/** How a binding gives values: a variable, or a file where a name is none; or files only. */
export type Delivery = 'env' | 'files';

/** Finds the store that a reference of this ExternalSecret names. */
export type StoreOf = (ref: Fields, where: string) => TranslatedStore | undefined;

const REF = [
  'key',
  'property',
  'version',
  'decodingStrategy',
  'conversionStrategy',
  'metadataPolicy',
  'nullBytePolicy',
];

/** What `spec.data` gives. Findings say which entries have to be copied, and why. */
export function dataEntries(source: ExternalSecret, storeOf: StoreOf, delivery: Delivery): Entry[] {
  return list(source.spec['data']).flatMap((item, at): Entry[] => {
    const data = fields(item);
    const where = `spec.data[${at}]`;
    source.findings.unknown(data, ['secretKey', 'remoteRef', 'sourceRef'], where);
    const { storeRef } = fields(data['sourceRef']);
    const store =
      storeRef === undefined
        ? storeOf(fields(source.spec['secretStoreRef']), 'spec.secretStoreRef')
        : storeOf(fields(storeRef), `${where}.sourceRef.storeRef`);
    const name = text(data['secretKey']);
    if (store === undefined || name === undefined) return [];
    const remote = fields(data['remoteRef']);
    const isBase64 = text(remote['decodingStrategy']) === 'Base64' && delivery === 'files';
    const place = placeOf(remote, isBase64, { store, where: `${where}.remoteRef`, findings: source.findings });
    return [{ name, place, isBase64: isBase64 && place !== undefined, store }];
  });
}

function placeOf(
  remote: Fields,
  isBase64: boolean,
  { store, where, findings }: { readonly store: TranslatedStore; readonly where: string; readonly findings: Findings },
): Entry['place'] {
  findings.unknown(remote, REF, where);
  const ref: RemoteRef = { key: text(remote['key']) ?? '', property: text(remote['property']) };
  const obstacle = whyOther(remote, isBase64);
  const place: Place = obstacle ?? store.place(ref);
  if ('draft' in place) return place;
  const field = obstacle?.field ?? (ref.property === undefined ? 'key' : 'property');
  findings.left(`${where}.${field}`, `${place.why}: ${COPIED}`);
  return undefined;
}

export const COPIED = 'its value has to be copied (see below), and a later change there is not followed';

/** What makes an entry's value another one than that in the store. */
function whyOther(remote: Fields, isBase64: boolean): { readonly field: string; readonly why: string } | undefined {
  const [version, decoding = 'None', metadata = 'None', nulls = 'Ignore'] = [
    'version',
    'decodingStrategy',
    'metadataPolicy',
    'nullBytePolicy',
  ].map((name) => text(remote[name]));
  if (version !== undefined && version !== '') return { field: 'version', why: 'a key always has its newest version' };
  if (decoding !== 'None' && !isBase64)
    return { field: 'decodingStrategy', why: 'values are given as the store has them (but files, of Base64)' };
  if (metadata !== 'None') return { field: 'metadataPolicy', why: 'labels of a secret are no values here' };
  return nulls === 'Ignore' ? undefined : { field: 'nullBytePolicy', why: 'values are not looked into' };
}

type Given = Pick<BindingSpec, 'env' | 'files'>;

/** How a binding gives one entry under the key that its value has; undefined: it can't have that name. */
export function givenAs(name: string, key: string, isBase64: boolean, delivery: Delivery): Given | undefined {
  const env: Env = { name, key };
  if (delivery === 'env' && noVariable(name) === undefined) return { env: [env] };
  const file: File = { path: name, key, ...(isBase64 ? { encoding: 'base64' } : {}) };
  return isFileName(name) ? { files: [file] } : undefined;
}
