import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** The uid of every ServiceAccount. */
export const ACCOUNT_UID = 'an-account';

/** Makes JSON web tokens as a cluster makes them for ServiceAccounts. */
export class JwtIssuer {
  /** PEM. */
  readonly publicKey: string;
  readonly #key: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.publicKey = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    this.#key = privateKey;
  }

  /** A token for a subject, `system:serviceaccount:NAMESPACE:NAME`, that is good for ten minutes. */
  token(sub: string, audience = 'openbao'): string {
    const now = Math.floor(Date.now() / 1000);
    const [, , namespace, name] = sub.split(':');
    const account = { namespace, serviceaccount: { name, uid: ACCOUNT_UID } };
    const times = { iat: now, nbf: now, exp: now + 600 };
    const claims = { iss: 'https://kubernetes', sub, aud: [audience], 'kubernetes.io': account, ...times };
    const text = [{ alg: 'ES256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(text), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }
}
