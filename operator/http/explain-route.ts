import { POD, SPARK_JOB_SECRET_BINDING } from '../api/kinds.ts';
import type { BindingView } from '../injection/binding-view.ts';
import { explain } from '../injection/explain/explain.ts';
import { manifestSubject, podSubject, UNDERSTOOD } from '../injection/explain/manifest.ts';
import { fields } from '../injection/explain/shape.ts';
import type { Subject } from '../injection/explain/subject.ts';
import type { PatchOptions } from '../injection/patch-pod.ts';
import type { KubeClient } from '../runtime/kube-client.ts';
import type { Callers } from './callers.ts';
import { HttpProblem } from './problem.ts';
import type { ApiRequest, ApiRoute } from './route.ts';
import { EXPLAIN_BODY, SUBDOMAIN } from './schemas.ts';

export interface ExplainRouteOptions {
  readonly callers: Callers;
  readonly client: Pick<KubeClient, 'get'>;
  /** The bindings of a namespace with their Secrets, as the webhook sees them. */
  readonly views: (namespace: string) => readonly BindingView[];
  readonly patch: PatchOptions;
}

const NAME = new RegExp(SUBDOMAIN);

/**
 * POST /api/v1/namespaces/{namespace}/explain with `{"pod": NAME}` or `{"manifest": {…}}`: an `Explanation`. The caller
 * has to be allowed to get the namespace's bindings, and its pods when one is named. Changes nothing.
 */
export function explainRoute(options: ExplainRouteOptions): ApiRoute {
  const { group, plural: resource } = SPARK_JOB_SECRET_BINDING;
  return {
    method: 'POST',
    path: '/api/v1/namespaces/{namespace}/explain',
    operation: 'explain',
    summary: 'What becomes of a pod or a manifest, and why',
    description:
      'A dry run: changes nothing. Needs get on sparkjobsecretbindings, and on the pod when one is named. docs/explain.md says what the answer holds.',
    body: EXPLAIN_BODY,
    answers: { 200: { type: 'object' } },
    problems: [404],
    access: ({ namespace = '' }) => [{ namespace, verb: 'get', group, resource }],
    answer: async (request) => {
      const { namespace = '' } = request.target;
      const { pod, manifest } = fields(request.body);
      const subject =
        pod === undefined ? ofManifest(manifest, namespace) : await ofPod(options, request, { namespace, name: pod });
      return explain(subject, options.views(namespace), options.patch);
    },
  };
}

function ofManifest(manifest: unknown, namespace: string): Subject {
  const subject = manifestSubject(fields(manifest), namespace);
  if (subject === undefined)
    throw new HttpProblem(400, `the manifest is of no kind that is understood: ${UNDERSTOOD}.`);
  if (subject.about.namespace !== namespace)
    throw new HttpProblem(400, 'the manifest is of another namespace than the path.');
  return subject;
}

async function ofPod(
  { callers, client }: ExplainRouteOptions,
  { caller, signal }: ApiRequest,
  { namespace, name }: { readonly namespace: string; readonly name: unknown },
): Promise<Subject> {
  if (typeof name !== 'string' || !NAME.test(name)) throw new HttpProblem(400, 'pod is no name of a pod.');
  await callers.authorize(caller, { namespace, verb: 'get', group: '', resource: 'pods', name }, signal);
  const pod = await client.get(POD, namespace, name, signal);
  if (pod === undefined) throw new HttpProblem(404, `there is no pod ${name} in namespace ${namespace}.`);
  return podSubject(pod);
}
