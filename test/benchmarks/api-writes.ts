import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { answerOf } from './answer.ts';
import { type Sample, samplesOf } from '../support/prometheus.ts';

/** Number of writes that the API server has counted, by `verb resource`. */
export type Writes = ReadonlyMap<string, number>;

/**
 * What the operator writes, leases aside. The API server does not count by user; in a cluster where nothing else
 * happens nobody else writes these.
 */
const resources = [
  'secrets',
  'events',
  'secretstoreconfigs',
  'sparkjobsecretbindings',
  'mutatingwebhookconfigurations',
];
const reads = ['GET', 'LIST', 'WATCH', 'CONNECT'];

/** The API server's own page of metrics. */
export async function apiMetrics(connection: KubeConnection): Promise<string> {
  return answerOf(connection, { method: 'GET', path: '/metrics' });
}

/** From the API server's metrics: the count of writes to the kinds that the operator writes, failed ones included. */
export function countWrites(page: string): Writes {
  const counts = new Map<string, number>();
  for (const { labels, value } of samplesOf(page, 'apiserver_request_total').filter(isOurWrite)) {
    const { verb = '', resource = '', subresource = '' } = labels;
    const what = `${verb} ${resource}/${subresource}`.replace(/\/$/, '');
    counts.set(what, (counts.get(what) ?? 0) + value);
  }
  if (counts.size === 0) throw new Error('the API server counted no write at all: apiserver_request_total is missing');
  return counts;
}

function isOurWrite({ labels }: Sample): boolean {
  return resources.includes(labels['resource'] ?? '') && !reads.includes(labels['verb'] ?? '');
}

/** What was written in between, by `verb resource`. */
export function writesBetween(before: Writes, after: Writes): Writes {
  const more = [...after].map(([what, count]) => [what, count - (before.get(what) ?? 0)] as const);
  return new Map(more.filter(([, count]) => count > 0));
}
