import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { request } from 'undici';
import { LABELS } from '../operator/api/group.ts';
import { SECRET, SPARK_JOB_SECRET_BINDING, POD, type SparkJobSecretBinding } from '../operator/api/kinds.ts';
import { pathOf, type KubeObject } from '../operator/runtime/kube-object.ts';
import { CommandProblem } from './problem.ts';

/** The cluster as the command reads it, with the rights of whoever runs it. */
export interface ClusterReader {
  /** The context's namespace. */
  readonly namespace: string;
  /** Throws CommandProblem when it is not there. */
  pod(namespace: string, name: string): Promise<unknown>;
  bindings(namespace: string): Promise<readonly SparkJobSecretBinding[]>;
  /** Metadata of the bindings' Secrets: the API server leaves out their data. Undefined: this user may not list Secrets. */
  bindingSecrets(namespace: string): Promise<readonly KubeObject[] | undefined>;
}

const JSON_TYPE = 'application/json';
const METADATA_TYPE = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const TIMEOUT_MS = 15_000;

/** A request that the API server refused. */
class Refusal extends CommandProblem {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The cluster of a kubeconfig. Throws CommandProblem when there is none. */
export function clusterReader(options: {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}): ClusterReader {
  const config = load(options);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new CommandProblem('the kubeconfig has no current context: set one with --context');
  const root = server.replace(/\/+$/, '');
  const get = async <T>(what: string, path: string, accept = JSON_TYPE): Promise<T> =>
    (await fetchJson(config, { url: root + path, accept, what })) as T;
  return {
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    pod: (namespace, name) => get(`pod ${namespace}/${name}`, pathOf(POD, namespace, name)),
    bindings: async (namespace) => {
      const what = `the SparkJobSecretBindings of ${namespace}`;
      return (await get<List<SparkJobSecretBinding>>(what, pathOf(SPARK_JOB_SECRET_BINDING, namespace))).items;
    },
    bindingSecrets: async (namespace) => {
      const path = `${pathOf(SECRET, namespace)}?labelSelector=${encodeURIComponent(LABELS.binding)}`;
      try {
        return (await get<List<KubeObject>>(`metadata of Secrets of ${namespace}`, path, METADATA_TYPE)).items;
      } catch (error) {
        if (error instanceof Refusal && error.code === 403) return undefined;
        throw error;
      }
    },
  };
}

interface List<T> {
  readonly items: readonly T[];
}

function load({
  kubeconfig,
  context,
}: {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    // The parser's own words may quote the file, which holds credentials.
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandProblem(`the kubeconfig can't be read${code === undefined ? '' : ` (${code})`}`);
  }
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) throw new CommandProblem(`the kubeconfig has no context ${context}`);
  config.setCurrentContext(context);
  return config;
}

async function fetchJson(
  config: KubeConfig,
  { url, accept, what }: { readonly url: string; readonly accept: string; readonly what: string },
): Promise<unknown> {
  const answer = await send(config, url, accept).catch((error: unknown) => {
    const { code, name } = error as NodeJS.ErrnoException;
    throw new CommandProblem(`${what}: the API server at ${new URL(url).host} does not answer (${code ?? name})`);
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 400) throw new Refusal(answer.statusCode, `${what}: ${reasonOf(answer.statusCode, text)}`);
  return JSON.parse(text);
}

async function send(config: KubeConfig, url: string, accept: string): ReturnType<typeof request> {
  const context = new RequestContext(url, HttpMethod.GET);
  await config.applySecurityAuthentication(context);
  const dispatcher = context.getDispatcher();
  return request(url, {
    headers: { ...context.getHeaders(), accept },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(dispatcher === undefined ? {} : { dispatcher }),
  });
}

/** The server's own sentence where it gives one. */
function reasonOf(code: number, text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Not from the API server: a proxy on the way.
  }
  return code === 401 ? 'the API server does not know you' : `the API server answers ${code}`;
}
