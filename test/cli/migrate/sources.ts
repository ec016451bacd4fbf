import { expect } from 'chai';
import type { Fields, Migrated } from './migrated.ts';

/** For the jobs of a team. */
export const ARGS = ['external-secrets', '--application', 'orders-*'];
export const AUTH = { appRole: { path: 'approle', roleId: 'r', secretRef: { name: 'approle', key: 'secret-id' } } };
export const VAULT = { server: 'https://vault.example:8200', path: 'secret', version: 'v2', auth: AUTH };
export const SELECTOR = { applications: ['orders-*'] };

export const object = (
  kind: string,
  name: string,
  spec: Fields,
  more: Fields = { namespace: 'analytics' },
): Fields => ({
  apiVersion: 'external-secrets.io/v1',
  kind,
  metadata: { name, ...more },
  spec,
});
export const vault = (more: Fields = {}, name = 'vault'): Fields =>
  object('SecretStore', name, { provider: { vault: { ...VAULT, ...more } } });
export const kubernetes = (more: Fields = {}): Fields =>
  object('SecretStore', 'vault', { provider: { kubernetes: { remoteNamespace: 'shared', ...more } } });
export const secret = (spec: Fields, name = 'orders'): Fields =>
  object('ExternalSecret', name, { secretStoreRef: { name: 'vault' }, ...spec });
export const data = (name: string, remoteRef: Fields): Fields => ({ secretKey: name, remoteRef });
export const value = (key: string, more: Fields = {}): Fields => ({ key, property: 'value', ...more });

export const specOf = ({ objects }: Migrated, title: string): Fields => {
  expect(Object.keys(objects)).to.include(title);
  return objects[title]!['spec'] as Fields;
};
export const bindingSpec = (found: Migrated): Fields => specOf(found, 'SparkJobSecretBinding analytics/orders');
export const storeSpec = (found: Migrated): Fields => specOf(found, 'SecretStoreConfig analytics/vault');
/** What is to be done about a field. */
export const says = ({ told }: Migrated, field: string): string =>
  told.find((line) => line.includes(`, ${field}: `)) ?? '';
