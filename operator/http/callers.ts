import type { KubeClient } from '../runtime/kube-client.ts';
import { AtMost } from './at-most.ts';
import { HttpProblem } from './problem.ts';
import {
  SUBJECT_ACCESS_REVIEW,
  TOKEN_REVIEW,
  type ResourceAttributes,
  type SubjectAccessReview,
  type TokenReview,
  type UserInfo,
} from './reviews.ts';

/** Somebody whom the API server knows. */
export type Caller = UserInfo & { readonly username: string };

/** Who calls, and what they may: the API server says both, for each request anew. */
export interface Callers {
  /** Whose bearer token this header holds. Throws HttpProblem 401. */
  authenticate(header: string | undefined, signal: AbortSignal): Promise<Caller>;
  /** Whether the caller may do this. */
  may(caller: Caller, wanted: ResourceAttributes, signal: AbortSignal): Promise<boolean>;
  /** Throws HttpProblem 403 unless the caller may do this. */
  authorize(caller: Caller, wanted: ResourceAttributes, signal: AbortSignal): Promise<void>;
}

// RFC 6750, 2.1
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;
/** The token of a header Authorization, however that is written; undefined: it has none. */
export function tokenOf(header: string | undefined): string | undefined {
  return BEARER.exec(header ?? '')?.[1];
}

/**
 * At most so many reviews at once, of all callers: to the API server they are one client with the operator's own work, which a
 * crowd of them would hold up. A list of stores asks for one a namespace.
 */
const REVIEWS_AT_ONCE = 16;
const CHALLENGE = { headers: { 'www-authenticate': 'Bearer' } };

/** Callers by TokenReview and SubjectAccessReview. Failures of those are ApiErrors, which hold no token. */
export function createCallers(client: Pick<KubeClient, 'create'>): Callers {
  const reviews = new AtMost(REVIEWS_AT_ONCE);
  const callers: Callers = {
    async authenticate(header, signal) {
      const token = tokenOf(header);
      if (token === undefined)
        throw new HttpProblem(401, 'send a token of the cluster: Authorization: Bearer TOKEN.', CHALLENGE);
      const review: TokenReview = { metadata: { name: '' }, spec: { token } };
      const { status } = await reviews.do(() => client.create(TOKEN_REVIEW, review, signal), signal);
      const { username } = status?.user ?? {};
      if (status?.authenticated !== true || username === undefined)
        throw new HttpProblem(401, 'the cluster does not know this token, or it has expired.', CHALLENGE);
      return { ...status.user, username };
    },
    async may({ username: user, uid, groups, extra }, resourceAttributes, signal) {
      const spec = {
        user,
        ...(uid === undefined ? {} : { uid }),
        ...(groups === undefined ? {} : { groups }),
        ...(extra === undefined ? {} : { extra }),
        resourceAttributes,
      };
      const review: SubjectAccessReview = { metadata: { name: '' }, spec };
      const { status } = await reviews.do(() => client.create(SUBJECT_ACCESS_REVIEW, review, signal), signal);
      return status?.allowed === true;
    },
    async authorize(caller, wanted, signal) {
      if (!(await callers.may(caller, wanted, signal))) throw new HttpProblem(403, refusal(caller, wanted));
    },
  };
  return callers;
}

function refusal({ username }: Caller, { verb, resource, subresource, group, namespace }: ResourceAttributes): string {
  const path = subresource === undefined ? resource : `${resource}/${subresource}`;
  const what = group === '' ? path : `${path}.${group}`;
  return `${username} may not ${verb} ${what} in namespace ${namespace}.`;
}

/** The pod that a token was made for. */
export interface CallingPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

// What the API server tells of a bound token of a ServiceAccount.
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):[^:]+$/;
const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';

/** Which pod calls; undefined: the token is of no pod. */
export function podOf({ username, extra }: Caller): CallingPod | undefined {
  const [, namespace] = SERVICE_ACCOUNT.exec(username) ?? [];
  const [name] = extra?.[POD_NAME] ?? [];
  const [uid] = extra?.[POD_UID] ?? [];
  return namespace === undefined || name === undefined || uid === undefined ? undefined : { namespace, name, uid };
}

/** Whom limits count: each pod by itself, though those of a ServiceAccount are one user. */
export function countedAs(caller: Caller): string {
  return podOf(caller)?.uid ?? caller.username;
}
