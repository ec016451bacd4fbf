import type { KubeConnection, KubeRequest } from '../../operator/runtime/kube-connection.ts';

const LIMIT_MS = 60_000;

/** What the API server answers. @throws Error with its words when it does not do what is asked, or takes more than a minute */
export async function answerOf(
  connection: KubeConnection,
  request: Omit<KubeRequest, 'signal' | 'silenceMs'>,
): Promise<string> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { code, body } = await connection.send({ ...request, signal, silenceMs: LIMIT_MS });
  const text = await body.text();
  if (code >= 300) throw new Error(`${request.method} ${request.path}: HTTP ${code} ${text}`);
  return text;
}
