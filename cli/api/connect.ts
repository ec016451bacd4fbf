import { readFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import { Agent, type buildConnector } from 'undici';
import type { KubeApi } from '../cluster/kube-api.ts';
import { tokenSource } from '../cluster/token.ts';
import type { Values } from '../command.ts';
import type { Io } from '../io.ts';
import { CommandProblem, UsageProblem } from '../problem.ts';
import type { CONNECTION_OPTIONS } from '../shared-options.ts';
import { Line } from './line.ts';
import { SecretsApi } from './secrets-api.ts';
import { secureTo } from './tls.ts';

export type ConnectionValues = Values<typeof CONNECTION_OPTIONS>;

/** The API, and what else is known of where it was found. */
export interface Connection {
  readonly api: SecretsApi;
  /** Opens the kubeconfig when it was not yet. */
  readonly kube: () => Promise<KubeApi>;
  /** One more connection, verified. */
  readonly open: () => Promise<TLSSocket>;
}

/** Connections at once; the API lets through 20 requests a second of one caller. */
const CONNECTIONS = 4;

/**
 * Finds the API: at `--server`, else by a port that is forwarded to a pod of the operator. Connects with the first request.
 * Throws CommandProblem.
 */
export async function connect(values: ConnectionValues, io: Pick<Io, 'env' | 'signal'>): Promise<Connection> {
  let opened: Promise<KubeApi> | undefined;
  const kube = (): Promise<KubeApi> => (opened ??= openKube(values, io.signal));
  const token = tokenSource(values, io.env, kube);
  const ca = await certificates(values['ca-file']);
  const { server } = values;
  const { origin, prefix, open } =
    server === undefined ? await forwarded(values, { kube: await kube(), ca }) : direct(server, values, ca);
  const dispatcher = new Agent({ connections: CONNECTIONS, connect: connectorOf(open) });
  const line = new Line({ origin, prefix, dispatcher, token, close: () => dispatcher.close() }, io.signal);
  return { api: new SecretsApi(line), kube, open };
}

/** The cluster of the kubeconfig. Loaded when it is needed: client-node takes half a second. */
export async function openKube(
  { kubeconfig, context }: Pick<ConnectionValues, 'kubeconfig' | 'context'>,
  signal: AbortSignal,
): Promise<KubeApi> {
  const { KubeApi: Api } = await import('../cluster/kube-api.ts');
  return new Api({ kubeconfig, context }, signal);
}

/** Where connections go. */
interface Place {
  readonly origin: string;
  readonly prefix: string;
  readonly open: () => Promise<TLSSocket>;
}

function direct(server: string, values: ConnectionValues, ca: string | undefined): Place {
  const url = URL.parse(server);
  // The token would be sent in clear.
  if (url?.protocol !== 'https:' || /[?#@]/.test(server))
    throw new UsageProblem('--server is https://HOST:PORT, with a path where the API is below one');
  const { hostname, port, origin, pathname } = url;
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? 443 : port) };
  const prefix = pathname.replace(/\/+$/, '');
  return { origin, prefix, open: () => secureTo(to, { ca, servername: values['tls-server-name'], title: server }) };
}

async function forwarded(
  values: ConnectionValues,
  { kube, ca: given }: { readonly kube: KubeApi; readonly ca: string | undefined },
): Promise<Place> {
  const { findPod, findService, OPERATOR_NAMESPACE } = await import('../cluster/operator-place.ts');
  const { trustedCertificates } = await import('../cluster/trust.ts');
  const namespace = values['operator-namespace'] ?? OPERATOR_NAMESPACE;
  const service = await findService(kube, namespace);
  const { name } = service.metadata;
  const ca = given ?? (await trustedCertificates(kube, namespace, name));
  const servername = values['tls-server-name'] ?? `${name}.${namespace}.svc`;
  // All connections go to one pod, as pages of the audit are of one; to another one when that is gone.
  let pod: ReturnType<typeof findPod> | undefined;
  const open = async (): Promise<TLSSocket> => {
    pod ??= findPod(kube, service);
    try {
      const { name: title } = await pod;
      return await secureTo({ socket: await kube.forward(await pod) }, { ca, servername, title: `pod ${title}` });
    } catch (error) {
      pod = undefined;
      throw error;
    }
  };
  return { origin: `https://${servername}`, prefix: '', open };
}

type Connector = Exclude<buildConnector.connector, undefined>;

function connectorOf(open: () => Promise<TLSSocket>): Connector {
  return (_options, callback) => {
    open().then(
      (socket) => {
        callback(null, socket);
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  };
}

async function certificates(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandProblem(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  });
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new CommandProblem(`${file} holds no certificate (PEM)`);
  return pem;
}
