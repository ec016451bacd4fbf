import { PortForward, type KubeConfig } from '@kubernetes/client-node';
import { Duplex, PassThrough, Writable } from 'node:stream';
import { NoAnswer } from '../api/api-problem.ts';
import { CommandProblem } from '../problem.ts';

/** A port of a pod. */
export interface ForwardedPod {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/**
 * A connection to a port of a pod, through the API server. Throws CommandProblem when the caller may not have one, and
 * NoAnswer when it could not be made.
 */
export async function forwardPort(config: KubeConfig, pod: ForwardedPod): Promise<Duplex> {
  const forwarded: { socket?: Socket } = {};
  const toPod = new PassThrough();
  const connection = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      toPod.write(chunk, done);
    },
    destroy: (error, done) => {
      // Undefined: it broke before it was open.
      forwarded.socket?.close();
      done(error);
    },
  });
  const broken = (why: string): void => {
    connection.destroy(new NoAnswer(`the forwarded port of pod ${pod.namespace}/${pod.name} broke: ${why}`));
  };
  const fromPod = sink((chunk) => connection.push(chunk));
  // What the kubelet says, such as that nobody listens there.
  const errors = sink((chunk) => {
    if (chunk.length > 0) broken(chunk.toString('utf8').trim());
  });
  const socket = await open(config, pod, [fromPod, errors, toPod]);
  forwarded.socket = socket;
  socket.onclose = () => {
    if (!connection.destroyed) connection.push(null);
  };
  socket.onerror = ({ message }) => {
    broken(message);
  };
  return connection;
}

function sink(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      take(chunk);
      done();
    },
  });
}

interface Socket {
  onclose: (() => void) | null;
  onerror: ((event: { readonly message: string }) => void) | null;
  close(): void;
}

async function open(
  config: KubeConfig,
  { namespace, name, port }: ForwardedPod,
  [output, errors, input]: readonly [Writable, Writable, PassThrough],
): Promise<Socket> {
  try {
    return (await new PortForward(config).portForward(namespace, name, [port], output, errors, input)) as Socket;
  } catch (error) {
    const { message = '' } = error as { readonly message?: string };
    // The WebSocket's words for an answer that is none: "Unexpected server response: 403".
    const [, status] = /response: (\d+)/.exec(message) ?? [];
    if (status === '403')
      throw new CommandProblem(
        `you may not forward a port to pod ${namespace}/${name}: it needs get and create on pods/portforward there; or give the API's address with --server`,
      );
    throw new NoAnswer(`no port could be forwarded to pod ${namespace}/${name} (${status ?? 'the connection failed'})`);
  }
}
