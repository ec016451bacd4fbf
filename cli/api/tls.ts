import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { CommandProblem } from '../problem.ts';
import { NoAnswer } from './api-problem.ts';

/** An address, or a connection that is there already. */
export type Peer = { readonly host: string; readonly port: number } | { readonly socket: Duplex };

export interface Trust {
  /** PEM; undefined: what this machine trusts. */
  readonly ca: string | undefined;
  /** The name that the certificate has to have; undefined: the host's. */
  readonly servername: string | undefined;
  /** What it is called in messages. */
  readonly title: string;
}

const HANDSHAKE_MS = 15_000;

/** A verified connection. Throws NoAnswer, and CommandProblem when the certificate is not the right one. */
export async function secureTo(peer: Peer, trust: Trust): Promise<TLSSocket> {
  try {
    return await handshake(peer, trust);
  } catch (error) {
    throw problemOf(error, trust.title);
  }
}

function handshake(peer: Peer, { ca, servername }: Trust): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const secured = connect({
    ...peer,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
    ALPNProtocols: ['http/1.1'],
  });
  const timer = setTimeout(() => {
    secured.destroy(new NoAnswer(`no connection within ${HANDSHAKE_MS / 1000} seconds`));
  }, HANDSHAKE_MS);
  secured.once('error', reject).once('secureConnect', () => {
    secured.off('error', reject);
    resolve(secured);
  });
  // TLS tells of what became of the connection below only when something is read.
  if ('socket' in peer) peer.socket.once('error', (error) => secured.destroy(error));
  return promise.finally(() => {
    clearTimeout(timer);
  });
}

const UNTRUSTED = /^(SELF_SIGNED|UNABLE_TO_|CERT_|DEPTH_ZERO)/;

function problemOf(error: unknown, title: string): CommandProblem {
  if (error instanceof CommandProblem) return error;
  const { code = '', name } = error as NodeJS.ErrnoException;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new CommandProblem(
      `the certificate of ${title} is for another name: say which with --tls-server-name (of the operator it is SERVICE.NAMESPACE.svc)`,
    );
  if (UNTRUSTED.test(code))
    return new CommandProblem(
      `the certificate of ${title} is not trusted (${code}): give the certificates to trust with --ca-file`,
    );
  return new NoAnswer(`${title} does not answer (${code || name})`);
}
