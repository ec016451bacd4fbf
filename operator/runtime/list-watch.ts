import type { Readable } from 'node:stream';
import { ApiError, apiErrorOf, noAnswerError, type Subject } from './api-error.ts';
import type { KubeAnswer, KubeConnection, KubeRequest } from './kube-connection.ts';
import { type KubeKind, type KubeObject, pathOf } from './kube-object.ts';

/** Which objects to list and watch. */
export interface Selection {
  readonly connection: KubeConnection;
  readonly kind: KubeKind;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** One line of a watch. A BOOKMARK holds only a resourceVersion, an ERROR a Status. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject & { readonly code?: number; readonly reason?: string };
}

interface ListBody {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
}

interface Page {
  readonly items: readonly KubeObject[];
  /** The continue token; '' on the last page. */
  readonly next: string;
  readonly resourceVersion: string;
}

/** A list's page may take the server longer than a single object. */
const LIST_SILENCE_MS = 30_000;

/** The state that was listed is no longer known to the server (410): list again. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || error.reason === 'Expired');
}

/**
 * All objects, a page at a time; returns the resourceVersion to watch from. A continue token that expired between two
 * pages makes it start over, without pages: the pages given until then were true, but don't add up to a list.
 */
export async function* listPages(
  selection: Selection,
  pageSize: number,
  signal: AbortSignal,
): AsyncGenerator<readonly KubeObject[], string> {
  let page: Page = { items: [], next: '', resourceVersion: '' };
  do {
    try {
      page = await fetchPage(selection, { limit: String(pageSize), continue: page.next }, signal);
    } catch (error) {
      if (!isGone(error) || page.next === '') throw error;
      page = await fetchPage(selection, { limit: '0', continue: '' }, signal);
    }
    yield page.items;
  } while (page.next !== '');
  return page.resourceVersion;
}

async function fetchPage(selection: Selection, query: Record<string, string>, signal: AbortSignal): Promise<Page> {
  const subject = subjectOf(selection, query);
  const answer = await answerOf(selection, subject, { signal, silenceMs: LIST_SILENCE_MS });
  const { items, metadata } = parse(subject, await answer.body.text()) as ListBody;
  // Whatever answers 200 without being a list (a proxy's page) must not be taken for "nothing is left".
  if (metadata?.resourceVersion === undefined) throw noAnswerError(subject, 'Malformed');
  return { items: items ?? [], next: metadata.continue ?? '', resourceVersion: metadata.resourceVersion };
}

/** The changes since `resourceVersion`, until the server ends it; throws if the connection fails or falls silent. */
export async function* watchEvents(
  selection: Selection,
  resourceVersion: string,
  options: { readonly signal: AbortSignal; readonly silenceMs: number },
): AsyncGenerator<WatchEvent, void> {
  // As client-go: the server ends each watch after 5 to 10 minutes, so that watches spread over its replicas again.
  const timeoutSeconds = String(Math.round(300 + Math.random() * 300));
  const watch = { watch: 'true', resourceVersion, allowWatchBookmarks: 'true', timeoutSeconds };
  const subject = subjectOf(selection, watch);
  const answer = await answerOf(selection, subject, { ...options, isWatch: true });
  for await (const line of linesOf(answer.body)) {
    if (line !== '') yield parse(subject, line) as WatchEvent;
  }
}

async function answerOf(
  selection: Selection,
  subject: Subject,
  options: Pick<KubeRequest, 'signal' | 'silenceMs' | 'isWatch'>,
): Promise<KubeAnswer> {
  const answer = await selection.connection.send({ method: 'GET', path: subject.path, ...options });
  if (answer.code !== 200) throw apiErrorOf(subject, answer, await answer.body.text());
  return answer;
}

function subjectOf(selection: Selection, query: Record<string, string>): Subject {
  const { kind, namespace, labelSelector = '', fieldSelector = '' } = selection;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, labelSelector, fieldSelector })) {
    if (value !== '') parameters.set(name, value);
  }
  return { method: 'GET', kind, path: `${pathOf(kind, namespace)}?${parameters.toString()}` };
}

/** What follows the last line break is a line that was cut off, and is dropped: the next watch brings it whole. */
async function* linesOf(body: Readable): AsyncGenerator<string, void> {
  body.setEncoding('utf8');
  let rest = '';
  for await (const chunk of body as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** A parser's error quotes what it could not parse, so it goes no further. */
function parse(subject: Subject, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw noAnswerError(subject, 'Malformed');
  }
}
