import type { KubeClient } from '../runtime/kube-client.ts';
import { HttpProblem } from './problem.ts';
import {
  SUBJECT_ACCESS_REVIEW,
  TOKEN_REVIEW,
  type ResourceAttributes,
  type TokenReview,
  type UserInfo,
} from './reviews.ts';

/** Somebody whom the API server knows. */
export type Caller = UserInfo & { readonly username: string };

/** Who calls, and what they may: the API server says both, for each request anew. */
export interface Callers {
  /** Whose bearer token this header holds. Throws HttpProblem 401. */
  authenticate(header: string | undefined, signal: AbortSignal): Promise<Caller>;
  /** Throws HttpProblem 403 unless the caller may do this. */
  authorize(caller: Caller, wanted: ResourceAttributes, signal: AbortSignal): Promise<void>;
}

// RFC 6750, 2.1
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const CHALLENGE = { 'www-authenticate': 'Bearer' };

/** Callers by TokenReview and SubjectAccessReview. Failures of those are ApiErrors, which hold no token. */
export function createCallers(client: KubeClient): Callers {
  return {
    async authenticate(header, signal) {
      const [, token] = BEARER.exec(header ?? '') ?? [];
      if (token === undefined)
        throw new HttpProblem(401, 'send a token of the cluster: Authorization: Bearer TOKEN.', CHALLENGE);
      const review: TokenReview = { metadata: { name: '' }, spec: { token } };
      const { status } = await client.create(TOKEN_REVIEW, review, signal);
      const { username } = status?.user ?? {};
      if (status?.authenticated !== true || username === undefined)
        throw new HttpProblem(401, 'the cluster does not know this token, or it has expired.', CHALLENGE);
      return { ...status.user, username };
    },
    async authorize({ username: user, uid, groups, extra }, resourceAttributes, signal) {
      const spec = {
        user,
        ...(uid === undefined ? {} : { uid }),
        ...(groups === undefined ? {} : { groups }),
        ...(extra === undefined ? {} : { extra }),
        resourceAttributes,
      };
      const { status } = await client.create(SUBJECT_ACCESS_REVIEW, { metadata: { name: '' }, spec }, signal);
      if (status?.allowed === true) return;
      const { verb, resource, group, namespace } = resourceAttributes;
      const what = group === '' ? resource : `${resource}.${group}`;
      throw new HttpProblem(403, `${user} may not ${verb} ${what} in namespace ${namespace}.`);
    },
  };
}
