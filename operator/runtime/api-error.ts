import type { KubeKind } from './kube-object.ts';

/** What is kept of a failed request. */
export interface ApiErrorDetails {
  /** HTTP status; 0: no answer (network, timeout). */
  readonly code: number;
  /** `Status.reason` of the API server (`NotFound`, `Invalid`, …), or ours: `Timeout`, `Unreachable`, `Malformed`. */
  readonly reason: string;
  /** What the server asked for in Retry-After, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Name of the ResourceQuota that leaves no room for the object. */
  readonly exceededQuota?: string | undefined;
}

/** The whole beginning of the sentence, so that what a policy says, which may quote a value, is not taken for a name. */
const EXCEEDED_QUOTA =
  /^[a-z.]+ "[a-z0-9.-]+" is forbidden: exceeded quota: ([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?), requested: /;

/**
 * A request to the API server that failed. Its message never holds a request's or an answer's data: it names the verb,
 * the kind and the object, the code and the reason, and the server's sentence only for kinds that hold nothing secret; of
 * others it tells the name of a quota that is used up.
 */
export class ApiError extends Error {
  override readonly name: string = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  readonly exceededQuota: string | undefined;

  constructor(message: string, details: ApiErrorDetails) {
    super(message);
    this.code = details.code;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
    this.exceededQuota = details.exceededQuota;
  }
}

/** `create` met an object of that name (409, reason AlreadyExists). */
export class AlreadyExistsError extends ApiError {
  override readonly name = 'AlreadyExistsError';
}

/** The object changed since it was read, or another owner holds a field (409, reason Conflict). Read again, then retry. */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError';
}

/** Whether the server's sentences about this kind can repeat a value: validation messages quote what they refuse. */
export function isConfidential(kind: KubeKind): boolean {
  return kind.confidential ?? (kind.group === '' && kind.plural === 'secrets');
}

/** What a request was about. */
export interface Subject {
  readonly method: string;
  readonly path: string;
  readonly kind: KubeKind;
}

/** The error for an answer of 400 and above; `text` is its body, a `Status` of the API server if all is well. */
export function apiErrorOf(
  subject: Subject,
  answer: { readonly code: number; readonly retryAfterMs?: number | undefined },
  text: string,
): ApiError {
  const { code, retryAfterMs } = answer;
  const status = statusOf(text);
  const reason = status.reason ?? '';
  const sentence = status.message ?? '';
  const exceededQuota = code === 403 ? EXCEEDED_QUOTA.exec(sentence)?.[1] : undefined;
  const words = isConfidential(subject.kind) ? quotaWords(exceededQuota) : sentence;
  const message = `${title(subject)}: ${[code, reason, words].filter((part) => part !== '').join(' ')}`;
  const details = { code, reason, exceededQuota, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (code !== 409) return new ApiError(message, details);
  return reason === 'AlreadyExists' ? new AlreadyExistsError(message, details) : new ConflictError(message, details);
}

function quotaWords(exceededQuota: string | undefined): string {
  return exceededQuota === undefined ? '' : `exceeded quota: ${exceededQuota}`;
}

/** The error when there was no answer, or none that could be used: a reason, or what the network layer threw. */
export function noAnswerError(subject: Subject, cause: unknown): ApiError {
  const code = (cause as { code?: unknown } | undefined)?.code;
  const reason = typeof cause === 'string' ? cause : 'Unreachable';
  // Only the code of the cause (ECONNREFUSED, UND_ERR_SOCKET): its text may quote what was sent.
  const detail = typeof code === 'string' ? ` (${code})` : '';
  return new ApiError(`${title(subject)}: no usable answer from the API server: ${reason}${detail}`, {
    code: 0,
    reason,
  });
}

/** Verb, kind and path without the query: which object, and nothing of it. */
function title(subject: Subject): string {
  const [path = ''] = subject.path.split('?');
  return `${subject.method} ${subject.kind.kind} at ${path}`;
}

function statusOf(text: string): { reason?: string; message?: string } {
  try {
    const { kind, reason, message } = JSON.parse(text) as Record<string, unknown>;
    if (kind !== 'Status') return {};
    return {
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(typeof message === 'string' ? { message: message.slice(0, 500) } : {}),
    };
  } catch {
    return {}; // A proxy's page, or a cut answer.
  }
}
