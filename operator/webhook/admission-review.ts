import type { JsonPatch } from '../injection/json-patch.ts';
import type { Pod } from '../injection/pod.ts';

/** The part of an AdmissionReview's request that the webhook reads. */
export interface AdmissionRequest {
  readonly uid: string;
  /** Of the request: the pod's own may be empty. */
  readonly namespace: string;
  readonly pod: Pod;
}

/** `admission.k8s.io/v1`, AdmissionReview with a response. */
export interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patchType?: 'JSONPatch';
    /** Base64. */
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly status?: { readonly code: number; readonly message: string; readonly reason: string };
  };
}

/** What was sent is no admission review of a pod that we can answer. `statusCode` is the HTTP status to answer with. */
export class BadReviewError extends Error {
  override readonly name = 'BadReviewError';
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

const API_VERSION = 'admission.k8s.io/v1';
const KIND = 'AdmissionReview';
// The API server may cut what is longer than 256 characters, and all together at 4096. It asks for 120, in which a sentence
// with names has no room for its next step.
const MAX_WARNINGS = 5;
const MAX_WARNING_LENGTH = 256;

/** Reads a review. Throws `BadReviewError`; its message repeats nothing of the pod. */
export function readReview(body: unknown): AdmissionRequest {
  if (!isRecord(body) || body['kind'] !== KIND) throw new BadReviewError(400, 'the body is no AdmissionReview');
  if (body['apiVersion'] !== API_VERSION) {
    throw new BadReviewError(
      400,
      `only AdmissionReview of ${API_VERSION} is answered: set admissionReviewVersions to [v1]`,
    );
  }
  if (!isRecord(body['request'])) throw new BadReviewError(400, 'the AdmissionReview has no request');
  return readRequest(body['request']);
}

function readRequest(request: Record<string, unknown>): AdmissionRequest {
  const { uid, namespace, object, operation } = request;
  if (typeof uid !== 'string' || uid === '') throw new BadReviewError(400, 'the request has no uid');
  if (!isPodKind(request['kind']) || operation !== 'CREATE') {
    throw new BadReviewError(
      422,
      'only the creation of v1 pods is answered: correct the rules of the webhook configuration',
    );
  }
  if (typeof namespace !== 'string' || namespace === '') throw new BadReviewError(400, 'the request has no namespace');
  if (!isRecord(object)) throw new BadReviewError(400, 'the request has no object');
  return { uid, namespace, pod: object };
}

/** The pod is admitted, with a patch if there is something to change. */
export function allow(uid: string, patch: JsonPatch = [], warnings: readonly string[] = []): AdmissionReview {
  const change =
    patch.length === 0
      ? {}
      : { patchType: 'JSONPatch' as const, patch: Buffer.from(JSON.stringify(patch), 'utf8').toString('base64') };
  const said = warnings.length === 0 ? {} : { warnings: shorten(warnings) };
  return { apiVersion: API_VERSION, kind: KIND, response: { uid, allowed: true, ...change, ...said } };
}

/** The pod is refused; the message is what the user of spark-submit or kubectl reads. */
export function refuse(uid: string, message: string): AdmissionReview {
  const status = { code: 403, reason: 'Forbidden', message };
  return { apiVersion: API_VERSION, kind: KIND, response: { uid, allowed: false, status } };
}

function shorten(warnings: readonly string[]): string[] {
  const shown = warnings.length > MAX_WARNINGS ? MAX_WARNINGS - 1 : MAX_WARNINGS;
  const cut = warnings.slice(0, shown).map((warning) => {
    if (warning.length <= MAX_WARNING_LENGTH) return warning;
    return `${warning.slice(0, MAX_WARNING_LENGTH - 1).toWellFormed()}…`;
  });
  return warnings.length > shown ? [...cut, `and ${warnings.length - shown} more`] : cut;
}

function isPodKind(kind: unknown): boolean {
  return isRecord(kind) && kind['group'] === '' && kind['version'] === 'v1' && kind['kind'] === 'Pod';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
