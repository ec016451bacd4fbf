import type { StoreSpec } from '../../../operator/api/kinds.ts';
import { fields, list, text, type Fields } from '../../../operator/injection/explain/shape.ts';
import type { Findings } from '../findings.ts';
import { secretRefOf } from './secret-ref.ts';
import type { Target } from './target.ts';

type Auth = NonNullable<StoreSpec['vault']>['auth'];

const AUTH = 'spec.provider.vault.auth';
const METHODS = ['tokenSecretRef', 'appRole', 'kubernetes', 'jwt', 'ldap', 'cert', 'iam', 'userPass', 'gcp'];

/** How the operator is to log in. A way that it has not becomes a token, which has to be put into a Secret. */
export function vaultAuth(auth: Fields, target: Target, findings: Findings): Auth {
  findings.unknown(auth, ['namespace', ...METHODS], AUTH);
  const method = METHODS.find((name) => auth[name] !== undefined);
  const part = fields(auth[method ?? '']);
  switch (method) {
    case 'tokenSecretRef':
      return { tokenSecretRef: secretRefOf(part, `${AUTH}.tokenSecretRef`, target, findings) ?? tokenOf(target) };
    case 'appRole':
      return { appRole: appRole(part, target, findings) };
    case 'kubernetes':
      return { kubernetes: kubernetes(part, findings) };
    case 'jwt':
      return jwt(part, target, findings);
    default:
      return inToken(method, target, findings);
  }
}

function inToken(method: string | undefined, target: Target, findings: Findings): Auth {
  const { name, key } = tokenOf(target);
  findings.left(
    method === undefined ? AUTH : `${AUTH}.${method}`,
    `not a way in which the operator logs in: the store takes a token from Secret ${name}, key ${key}; make that, or write appRole, kubernetes or jwt`,
  );
  return { tokenSecretRef: { name, key } };
}

function tokenOf({ name }: Target): { readonly name: string; readonly key: string } {
  return { name: `${name}-token`, key: 'token' };
}

function appRole(part: Fields, target: Target, findings: Findings): NonNullable<Auth['appRole']> {
  const where = `${AUTH}.appRole`;
  findings.unknown(part, ['path', 'roleId', 'roleRef', 'secretRef'], where);
  const roleId = text(part['roleId']);
  if (roleId === undefined)
    findings.left(
      `${where}.roleRef`,
      'the role id is written into the store itself (it is no secret): put it for ROLE-ID',
    );
  const secretIdSecretRef = secretRefOf(fields(part['secretRef']), `${where}.secretRef`, target, findings);
  return {
    roleId: roleId ?? 'ROLE-ID',
    secretIdSecretRef: secretIdSecretRef ?? { name: `${target.name}-approle`, key: 'secret-id' },
    ...mountOf(part['path']),
  };
}

const OWN_IDENTITY =
  "the operator logs in as its own ServiceAccount: bind the role to that, and keep the store where the operator's identity may be used (docs/stores.md)";

function kubernetes(part: Fields, findings: Findings): NonNullable<Auth['kubernetes']> {
  const where = `${AUTH}.kubernetes`;
  findings.unknown(part, ['mountPath', 'role', 'serviceAccountRef', 'secretRef'], where);
  const account = fields(part['serviceAccountRef']);
  const isOther = part['serviceAccountRef'] !== undefined || part['secretRef'] !== undefined;
  if (isOther)
    findings.left(`${where}.${part['secretRef'] === undefined ? 'serviceAccountRef' : 'secretRef'}`, OWN_IDENTITY);
  else findings.note(where, OWN_IDENTITY);
  return {
    role: roleOf(part, where, findings),
    ...mountOf(part['mountPath']),
    ...audienceOf(account['audiences'], `${where}.serviceAccountRef.audiences`, findings),
  };
}

function jwt(part: Fields, target: Target, findings: Findings): Auth {
  const where = `${AUTH}.jwt`;
  findings.unknown(part, ['path', 'role', 'secretRef', 'kubernetesServiceAccountToken'], where);
  if (part['kubernetesServiceAccountToken'] === undefined) return inToken('jwt.secretRef', target, findings);
  const token = fields(part['kubernetesServiceAccountToken']);
  const audiences = fields(token['serviceAccountRef'])['audiences'] ?? token['audiences'] ?? ['vault'];
  findings.left(`${where}.kubernetesServiceAccountToken`, OWN_IDENTITY);
  return {
    jwt: {
      role: roleOf(part, where, findings),
      ...mountOf(part['path']),
      ...audienceOf(audiences, `${where}.kubernetesServiceAccountToken.audiences`, findings),
    },
  };
}

function roleOf(part: Fields, where: string, findings: Findings): string {
  const role = text(part['role']);
  if (role === undefined || role === '') findings.left(`${where}.role`, 'none is named: put one for ROLE');
  return role === undefined || role === '' ? 'ROLE' : role;
}

function mountOf(path: unknown): { readonly mount?: string } {
  const mount = text(path);
  return mount === undefined ? {} : { mount };
}

function audienceOf(value: unknown, where: string, findings: Findings): { readonly audience?: string } {
  const [audience, ...others] = list(value).flatMap((each) => text(each) ?? []);
  if (others.length > 0) findings.left(where, 'a token is asked for with one audience: the first of them');
  return audience === undefined ? {} : { audience };
}
